//! Numbers that no login has used for long, which are no longer enough.

use doorward_app::{
    SignedIn,
    flow::{FlowView, LoginStep, Next},
    limits::Caller,
    operator::{Imported, Importer, NewUser},
    password_login::PasswordLoginError,
    phone_login::Dormancy,
};
use doorward_kernel::{Client, EmailAddress, Locale, UserId};
use doorward_otp::{Channel, Step};
use doorward_session::{Carrier, Method, Methods};
use doorward_testkit::{fakes::PlainHasher, fixtures};
use doorward_user::Password;

use crate::{
    recovery::reset,
    totp::enrolled,
    world::{PASSWORD, World, by_password, device, new_password, signed_in},
};

const NEW: &str = "brass-heron-4-paper-moon";
const DAY: u64 = 24 * 3600;

/// Logs in by a right code to number 1.
async fn by_number(world: &World, caller: &Caller) -> LoginStep {
    let flow = world.phone_login.start(fixtures::phone(1), None, caller).await.unwrap();
    enter(world, &flow).await
}

async fn enter(world: &World, flow: &FlowView) -> LoginStep {
    let code = world.code(fixtures::phone(1).as_str()).await;
    world.enter(flow, &code).await.unwrap()
}

fn more(step: LoginStep) -> FlowView {
    match step {
        LoginStep::More(flow) => flow,
        LoginStep::SignedIn(signed_in) => panic!("a session was opened: {signed_in:?}"),
    }
}

async fn finish(
    world: &World,
    flow: &FlowView,
    email: &EmailAddress,
    password: &str,
) -> Result<SignedIn, PasswordLoginError> {
    let attempt = world.attempt(flow, Step::Password).await?;
    let (login, password) = (&world.phone_login, Password::parse(password).unwrap());
    login.finish_with_password(attempt, email, &password, Carrier::Token, Client::default()).await.map(signed_in)
}

#[tokio::test]
async fn a_number_logs_in_alone_for_90_days_after_its_last_use() {
    let world = World::new();
    let own = device(&world, &world.member(1).await);

    for days in [90, 90] {
        world.wait(days * DAY - 1);
        signed_in(by_number(&world, &own).await);
    }
    world.wait(90 * DAY);
    let flow = more(by_number(&world, &own).await);

    assert_eq!((flow.next, flow.channel), (Next::Login, Channel::Password));
    assert_eq!(flow.destination, fixtures::phone(1).masked());
}

#[tokio::test]
async fn the_password_finishes_the_login_and_the_number_is_in_use_again() {
    let world = World::new();
    let member = world.member(1).await;
    world.wait(90 * DAY);
    let flow = more(by_number(&world, &Caller::default()).await);

    assert!(matches!(
        finish(&world, &flow, &fixtures::email(1), "not the password").await,
        Err(PasswordLoginError::Incorrect { attempts_left: Some(4) })
    ));
    let again = finish(&world, &flow, &fixtures::email(1), PASSWORD).await.unwrap();

    assert_eq!(again.user.id, member.user.id);
    assert_eq!(again.session.methods, Methods::new(&[Method::Sms, Method::Password]));
    world.wait(90 * DAY - 1);
    signed_in(by_number(&world, &Caller::default()).await);
}

#[tokio::test]
async fn whoever_has_the_number_now_gets_in_by_an_account_of_their_own() {
    let world = World::new();
    let former = world.member(1).await;
    world.wait(90 * DAY);
    let email = fixtures::email(2);
    let flow = world.register(&email, &fixtures::phone(1), PASSWORD).await;
    let code = world.code(email.as_str()).await;
    let registered = world.verify_email(&flow, &code).await.unwrap();

    let flow = more(by_number(&world, &Caller::default()).await);
    let entered = finish(&world, &flow, &email, PASSWORD).await.unwrap();

    assert_eq!(entered.user.id, registered.user.id);
    assert!(entered.user.has_verified(&fixtures::phone(1)));
    let former = world.stores.users().find_by_id(former.user.id).await.unwrap().unwrap();
    assert_eq!(former.phone, None);
}

#[tokio::test]
async fn an_account_with_an_authenticator_app_is_asked_for_its_code_and_nothing_else() {
    let world = World::new();
    enrolled(&world, 1).await;
    world.wait(90 * DAY);

    let flow = more(by_number(&world, &Caller::default()).await);

    assert_eq!((flow.next, flow.channel), (Next::OtpVerification, Channel::Totp));
}

#[tokio::test]
async fn a_login_that_began_with_the_password_uses_the_number_and_asks_for_nothing_else() {
    let world = World::new();
    world.member(1).await;
    world.wait(90 * DAY);
    let attempt = by_password(fixtures::email(1), PASSWORD, &Caller::default());

    let flow = more(world.password_login.log_in(&attempt).await.unwrap());
    signed_in(enter(&world, &flow).await);

    world.wait(90 * DAY - 1);
    signed_in(by_number(&world, &Caller::default()).await);
}

#[tokio::test]
async fn the_use_of_a_number_is_noted_once_a_day() {
    let world = World::new();
    let start = fixtures::now();
    let user = world.member(1).await.user;

    for (wait, expected) in [(DAY - 1, None), (1, Some(DAY)), (DAY - 1, Some(DAY)), (1, Some(2 * DAY))] {
        world.wait(wait);
        let entered = signed_in(by_number(&world, &Caller::default()).await);

        let expected = expected.map(|seconds| start + std::time::Duration::from_secs(seconds));
        assert_eq!(entered.user.logins.number_used_at, expected);
        let stored = world.stores.users().find_by_id(user.id).await.unwrap().unwrap();
        assert_eq!(stored.logins.number_used_at, expected);
    }
}

#[tokio::test]
async fn a_reset_closes_the_login_that_waits_for_the_password() {
    let world = World::new();
    world.member(1).await;
    world.wait(90 * DAY);
    let flow = more(by_number(&world, &Caller::default()).await);
    let reset_flow = world.recovery.request(fixtures::email(1), &Caller::default()).await.unwrap();
    let code = world.code(fixtures::email(1).as_str()).await;

    reset(&world, &reset_flow, &code, &new_password(NEW)).await.unwrap();

    assert!(matches!(finish(&world, &flow, &fixtures::email(1), NEW).await, Err(PasswordLoginError::Closed)));
    let flow = more(by_number(&world, &Caller::default()).await);
    finish(&world, &flow, &fixtures::email(1), NEW).await.unwrap();
}

#[tokio::test]
async fn a_number_is_enough_for_ever_where_the_operator_says_so() {
    let mut world = World::new();
    world.phone_login.dormancy = Dormancy { after: None };
    world.member(1).await;

    world.wait(3650 * DAY);

    signed_in(by_number(&world, &Caller::default()).await);
}

#[tokio::test]
async fn a_number_that_was_taken_over_counts_as_used_then() {
    let world = World::new();
    let (users, accounts) = (world.stores.store.clone(), world.stores.store.clone());
    let importer = Importer { clock_and_ids: world.verification.clock_and_ids.clone(), users, accounts };
    let id: UserId = fixtures::user_id(1);
    let person = NewUser {
        names: fixtures::names("Ada", "Lovelace"),
        email: fixtures::email(1),
        phone: Some(fixtures::phone(1)),
        is_phone_verified: true,
        locale: Locale::En,
        created_at: Some(fixtures::now() - std::time::Duration::from_secs(1000 * DAY)),
    };
    let verifier = PlainHasher::stale_verifier(id, PASSWORD);

    let accounts = importer.import(vec![(id, person, verifier)]).await.unwrap();

    assert_eq!(accounts, [Imported::Made]);
    world.wait(90 * DAY - 1);
    signed_in(by_number(&world, &Caller::default()).await);
}
