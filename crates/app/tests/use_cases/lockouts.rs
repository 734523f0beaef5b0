//! Whom failures lock out: whoever made them, and nobody else.

use doorward_app::{
    Policies, SignedIn,
    flow::LoginStep,
    limits::Caller,
    password_login::PasswordLoginError,
    profile::{ProfileError, ProfileRequest, ProfileStep},
};
use doorward_kernel::{AuditKind, EmailAddress};
use doorward_limit::{Limit, Limits, LockoutPolicy};
use doorward_notifier::NoticeTemplate;
use doorward_otp::{Step, Target};
use doorward_testkit::{fakes::PlainHasher, fixtures, service::policies};
use doorward_user::Password;

use crate::{
    limits::{enter, guess, start},
    world::{PASSWORD, World, by_password, device, of_identifiers, signed_in, stranger},
};

const WRONG: &str = "wrong-otter-9-quarry";

fn world() -> World {
    World::limited(limits())
}

fn limits() -> Limits {
    Limits { sms: Limit::OFF, email: Limit::OFF, ..of_identifiers() }
}

async fn log_in(world: &World, email: &EmailAddress, password: &str, caller: &Caller) -> Option<LoginStep> {
    let attempt = by_password(email.clone(), password, caller);
    match world.password_login.log_in(&attempt).await {
        Ok(step) => Some(step),
        Err(PasswordLoginError::Incorrect { .. }) => None,
        Err(other) => panic!("{other:?}"),
    }
}

/// Wrong passwords at the first address from everywhere, for days: far more than disable it.
async fn storm(world: &World) {
    for place in 0..100 {
        assert!(log_in(world, &fixtures::email(1), WRONG, &stranger(place)).await.is_none());
        world.wait(3600);
    }
}

/// A change of the names of its account in a session.
async fn change(world: &World, session: &SignedIn, password: &str, caller: &Caller) -> Result<(), ProfileError> {
    let request = ProfileRequest { names: fixtures::names("Ada", "King").into(), ..ProfileRequest::default() };
    world.profile.change(session, &Password::parse(password).unwrap(), request, caller).await.map(drop)
}

/// Wrong passwords in the session.
async fn fail(world: &World, session: &SignedIn, times: u32, caller: &Caller) {
    for _ in 0..times {
        let denied = change(world, session, WRONG, caller).await;
        assert!(matches!(denied, Err(ProfileError::PasswordIncorrect)), "{denied:?}");
    }
}

/// Without waits, so that a day is tried at once.
fn of_the_day() -> World {
    let lockouts = LockoutPolicy { backoff_after: None, ..LockoutPolicy::default() };
    World::of(Policies { lockouts, limits: limits(), ..policies() })
}

#[tokio::test]
async fn wrong_passwords_at_nobodys_address_are_forgotten_when_somebody_registers_it() {
    let world = world();
    storm(&world).await;

    world.member(1).await;

    assert!(log_in(&world, &fixtures::email(1), PASSWORD, &stranger(1)).await.is_some());
}

#[tokio::test]
async fn wrong_passwords_at_nobodys_address_are_forgotten_when_it_is_imported() {
    let world = world();
    storm(&world).await;

    world.import(fixtures::user(1), PlainHasher::stale_verifier(fixtures::user_id(1), PASSWORD)).await;

    assert!(log_in(&world, &fixtures::email(1), PASSWORD, &stranger(1)).await.is_some());
}

#[tokio::test]
async fn wrong_passwords_at_nobodys_address_are_forgotten_when_it_becomes_an_account_s() {
    let world = world();
    storm(&world).await;
    let owner = world.member(2).await;

    let identifier = Some(Target::Email(fixtures::email(1)));
    let request = ProfileRequest { identifier, ..ProfileRequest::default() };
    let password = Password::parse(PASSWORD).unwrap();
    let step = world.profile.change(&owner, &password, request, &stranger(1)).await.unwrap();
    let ProfileStep::Verify(flow) = step else { panic!("nothing is to be verified") };
    let code = world.code(fixtures::email(1).as_str()).await;
    let attempt = world.attempt(&flow, Step::EmailCode).await.unwrap();
    world.profile.verify_email(attempt, &code).await.unwrap();

    assert!(log_in(&world, &fixtures::email(1), PASSWORD, &stranger(1)).await.is_some());
}

#[tokio::test]
async fn wrong_passwords_of_an_account_that_is_deleted_are_none_of_the_next_one_s() {
    let world = world();
    let before = world.member(1).await;
    storm(&world).await;
    assert!(log_in(&world, &fixtures::email(1), PASSWORD, &stranger(1)).await.is_none());
    let audit = fixtures::audit(1, AuditKind::UserDeleted);
    world.stores.accounts().delete(before.user.id, audit).await.unwrap();

    world.member(1).await;

    assert!(log_in(&world, &fixtures::email(1), PASSWORD, &stranger(1)).await.is_some());
}

#[tokio::test]
async fn strangers_who_disable_a_number_shut_out_neither_known_devices_nor_a_right_password() {
    let world = World::limited(Limits { sms: Limit::OFF, wrong_codes: Limit::OFF, ..of_identifiers() });
    let owner = world.member(1).await;
    let (number, email) = (fixtures::phone(1), fixtures::email(1));
    guess(&world, &number, 40).await;

    let flow = start(&world, &number, &stranger(50)).await.unwrap();
    assert!(enter(&world, &flow, &world.code(number.as_str()).await, &stranger(50)).await.is_err());

    let own = device(&world, &owner);
    let flow = start(&world, &number, &own).await.unwrap();
    let opened = enter(&world, &flow, &world.code(number.as_str()).await, &own).await.unwrap();
    assert_eq!(signed_in(opened).user.id, owner.user.id);
    let Some(LoginStep::More(flow)) = log_in(&world, &email, PASSWORD, &stranger(51)).await else {
        panic!("a code is asked for")
    };
    let opened = enter(&world, &flow, &world.code(number.as_str()).await, &stranger(51)).await.unwrap();
    assert_eq!(signed_in(opened).user.id, owner.user.id);
    let told = world.notices(&email).await.into_iter().filter(|notice| *notice == NoticeTemplate::NumberDisabled);
    assert_eq!(told.count(), 1);
}

#[tokio::test]
async fn strangers_codes_at_nobodys_number_are_forgotten_when_somebody_registers_with_it() {
    let world = World::limited(Limits { sms: Limit::OFF, ..of_identifiers() });
    guess(&world, &fixtures::phone(1), 20).await;

    let owner = world.member(1).await;

    assert!(owner.user.has_verified(&fixtures::phone(1)));
}

#[tokio::test]
async fn wrong_passwords_in_sessions_count_for_all_sessions_together() {
    let world = of_the_day();
    let mut sessions = vec![world.member(1).await];
    for _ in 0..4 {
        sessions.push(world.log_in(&fixtures::phone(1)).await);
    }

    for session in &sessions[..3] {
        fail(&world, session, 20, &stranger(1)).await;
    }

    let denied = change(&world, &sessions[3], PASSWORD, &stranger(1)).await;
    assert!(matches!(denied, Err(ProfileError::PasswordIncorrect)), "{denied:?}");
    let own = device(&world, &sessions[4]);
    change(&world, &sessions[4], PASSWORD, &own).await.unwrap();
    assert!(log_in(&world, &fixtures::email(1), PASSWORD, &stranger(2)).await.is_some());
    assert!(log_in(&world, &fixtures::email(1), PASSWORD, &own).await.is_some());
}

#[tokio::test]
async fn ninety_wrong_passwords_in_a_row_end_tries_in_all_sessions_until_a_new_one_is_set() {
    let mut world = of_the_day();
    std::sync::Arc::make_mut(&mut std::sync::Arc::make_mut(&mut world.profile.verification.lockouts.limiter).limits)
        .password_failures = Limit::OFF;
    let mut sessions = vec![world.member(1).await];
    for _ in 0..3 {
        sessions.push(world.log_in(&fixtures::phone(1)).await);
    }
    for session in &sessions[..3] {
        fail(&world, session, 30, &stranger(1)).await;
    }
    let denied = change(&world, &sessions[3], PASSWORD, &stranger(1)).await;
    assert!(matches!(denied, Err(ProfileError::PasswordIncorrect)), "{denied:?}");

    let known = device(&world, &sessions[3]);
    let request = ProfileRequest {
        new_password: Some(crate::world::new_password("plum-heron-4-anvil-moss")),
        ..ProfileRequest::default()
    };
    world.profile.change(&sessions[3], &Password::parse(PASSWORD).unwrap(), request, &known).await.unwrap();

    change(&world, &sessions[3], "plum-heron-4-anvil-moss", &stranger(1)).await.unwrap();
}

#[tokio::test]
async fn wrong_passwords_in_a_session_count_for_the_host() {
    let ip_failures = Limit::parse("3/1d").unwrap();
    let world = World::limited(Limits { ip_failures, sensitive_changes: Limit::OFF, ..of_identifiers() });
    let owner = world.member(1).await;
    for _ in 0..5 {
        change(&world, &owner, PASSWORD, &stranger(1)).await.unwrap();
    }

    fail(&world, &owner, 3, &stranger(2)).await;

    assert!(matches!(change(&world, &owner, WRONG, &stranger(2)).await, Err(ProfileError::Limited { .. })));
}

#[tokio::test]
async fn each_known_device_has_its_own_count_and_all_of_them_have_three_times_as_many() {
    let world = of_the_day();
    let owner = world.member(1).await;
    let devices: Vec<_> = (0..4).map(|n| Caller { address: stranger(n).address, ..device(&world, &owner) }).collect();
    let email = fixtures::email(1);
    for (n, own) in devices.iter().enumerate() {
        assert_eq!(log_in(&world, &email, PASSWORD, own).await.is_some(), n < 3, "{n}");
        for _ in 0..20 {
            assert!(log_in(&world, &email, WRONG, own).await.is_none());
        }
        assert!(log_in(&world, &email, PASSWORD, own).await.is_none());
    }

    assert!(log_in(&world, &email, PASSWORD, &stranger(1)).await.is_some());
}

#[tokio::test]
async fn a_device_of_one_account_is_a_stranger_to_another_one() {
    let world = world();
    world.member(1).await;
    let other = world.member(2).await;
    let foreign = device(&world, &other);
    for _ in 0..12 {
        assert!(log_in(&world, &fixtures::email(1), WRONG, &foreign).await.is_none());
    }

    assert!(log_in(&world, &fixtures::email(1), PASSWORD, &stranger(1)).await.is_none());
}
