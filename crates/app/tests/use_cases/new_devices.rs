//! Logins from devices that their account does not know, of which its owner is told.

use doorward_app::{
    SignedIn,
    flow::{FlowView, FoundFlow, LoginStep},
    limits::Caller,
    password_login::{PasswordAlone, PasswordAttempt},
};
use doorward_kernel::{AuditKind, Client};
use doorward_notifier::{Body, NoticeTemplate};
use doorward_otp::Step;
use doorward_session::{Assurance, Carrier, Policy};
use doorward_testkit::fixtures;
use doorward_user::Password;

use crate::world::{PASSWORD, Workers, World, by_password, device, signed_in};

/// A long password, which may open a session alone.
fn alone(caller: &Caller) -> PasswordAttempt {
    by_password(fixtures::email(1), PASSWORD, caller)
}

/// Counts the notices of new devices to the owner of account 1.
async fn told(world: &World) -> usize {
    let notices = world.notices(&fixtures::email(1)).await;
    notices.into_iter().filter(|notice| *notice == NoticeTemplate::NewDevice).count()
}

/// Enters a right code by SMS to number 1.
async fn enter(world: &World, flow: &FlowView) -> LoginStep {
    let code = world.code(fixtures::phone(1).as_str()).await;
    world.enter(flow, &code).await.unwrap()
}

async fn by_number(world: &World, flow: Option<FoundFlow>, caller: &Caller) -> LoginStep {
    let flow = world.phone_login.start(fixtures::phone(1), flow, caller).await.unwrap();
    enter(world, &flow).await
}

/// The password of account 1 after the code.
async fn and_password(world: &World, step: LoginStep) -> SignedIn {
    let LoginStep::More(flow) = step else { panic!("no password is asked for") };
    let attempt = world.attempt(&flow, Step::Password).await.unwrap();
    let (email, password) = (fixtures::email(1), Password::parse(PASSWORD).unwrap());
    let login = &world.phone_login;
    let done = login.finish_with_password(attempt, &email, &password, Carrier::Token, Client::default()).await;
    signed_in(done.unwrap())
}

#[tokio::test]
async fn the_owner_is_told_when_and_from_where_and_in_no_words_of_the_caller() {
    let world = World::new();
    world.member(1).await;
    let address = "192.0.2.77".parse().unwrap();
    let client = Client::new(Some(address), Some("Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0 call +1 900 555 0100"));
    let flow = world.phone_login.start(fixtures::phone(1), None, &Caller::at(address)).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;
    let notified = world.signal.notified();

    let attempt = world.attempt(&flow, Step::PhoneCode).await.unwrap();
    signed_in(world.phone_login.verify(attempt, &code, Carrier::Token, client).await.unwrap());

    assert_eq!(world.signal.notified(), notified + 1);
    world.deliver().await;
    let told = world.mail.sent().pop().unwrap();
    let Body::Notice { template, detail, undo } = told.body else { panic!("a code was sent") };
    assert_eq!((told.recipient.as_str(), template), (fixtures::email(1).as_str(), NoticeTemplate::NewDevice));
    assert_eq!(detail.as_deref(), Some("2026-01-01 00:00 UTC, Firefox, Linux, 192.0.2.0/24"));
    assert!(undo.is_none());
}

#[tokio::test]
async fn the_first_login_that_continues_a_registration_tells_nobody() {
    for require in [Assurance::Aal1, Assurance::Aal2] {
        let world = World::with(Policy { require, ..Policy::default() });
        let registered = world.account(1).await;
        let continuation = world.named(&registered.continuation).await;

        let step = by_number(&world, continuation, &Caller::default()).await;
        if require == Assurance::Aal2 {
            and_password(&world, step).await;
        }

        assert_eq!(told(&world).await, 0, "{require:?}");
    }
}

#[tokio::test]
async fn the_first_login_from_elsewhere_is_told() {
    let world = World::new();
    world.account(1).await;

    let step = by_number(&world, None, &Caller::default()).await;
    and_password(&world, step).await;

    assert_eq!(told(&world).await, 1);
}

#[tokio::test]
async fn what_tells_of_a_device_or_a_number_is_leased_for_the_workers_of_this_process() {
    let mut world = World::new();
    world.account(1).await;
    world.password_login.alone = PasswordAlone::Suffices;
    let step = by_number(&world, None, &Caller::default()).await;
    let by_number = Workers::of(&mut world.phone_login.verification);
    let by_password = Workers::of(&mut world.password_login.verification);

    and_password(&world, step).await;
    assert_eq!(by_number.handed_what_is_leased(&world).await.len(), 2);

    world.wait(86_400);
    world.deliver().await;
    signed_in(world.password_login.log_in(&alone(&Caller::default())).await.unwrap());
    assert_eq!(by_password.handed_what_is_leased(&world).await.len(), 1);
}

#[tokio::test]
async fn a_device_that_the_account_knows_is_not_told_of() {
    let mut world = World::new();
    let known = device(&world, &world.member(1).await);

    signed_in(by_number(&world, None, &known).await);
    let LoginStep::More(flow) = world.password_login.log_in(&alone(&known)).await.unwrap() else {
        panic!("a password opened a session")
    };
    signed_in(enter(&world, &flow).await);
    world.password_login.alone = PasswordAlone::Suffices;
    signed_in(world.password_login.log_in(&alone(&known)).await.unwrap());

    assert_eq!(told(&world).await, 0);
}

#[tokio::test]
async fn the_device_of_another_account_is_told_of() {
    let world = World::new();
    world.member(1).await;
    let others = device(&world, &world.member(2).await);

    signed_in(by_number(&world, None, &others).await);

    assert_eq!(told(&world).await, 1);
}

#[tokio::test]
async fn a_device_is_told_of_again_after_all_sessions_were_ended() {
    let world = World::new();
    let member = world.member(1).await;
    let known = device(&world, &member);
    let audit = fixtures::audit(1, AuditKind::SessionsEnded);
    world.stores.accounts().end_sessions(member.user.id, fixtures::now(), audit).await.unwrap();

    signed_in(by_number(&world, None, &known).await);

    assert_eq!(told(&world).await, 1);
}

#[tokio::test]
async fn an_owner_is_told_once_in_24_hours() {
    let world = World::new();
    world.member(1).await;

    for (wait, expected) in [(0, 1), (60, 1), (24 * 3600 - 61, 1), (1, 2), (24 * 3600 - 1, 2)] {
        world.wait(wait);
        let notified = world.signal.notified();
        world.log_in(&fixtures::phone(1)).await;

        assert_eq!(told(&world).await, expected, "after {wait} s");
        // One ring is for the code.
        let notified = world.signal.notified() - notified;
        assert_eq!(notified, 1 + usize::from(matches!((wait, expected), (0, 1) | (1, 2))), "after {wait} s");
    }
}

#[tokio::test]
async fn password_and_code_from_a_new_device_are_told() {
    let world = World::new();
    world.member(1).await;

    let LoginStep::More(flow) = world.password_login.log_in(&alone(&Caller::default())).await.unwrap() else {
        panic!("a password opened a session")
    };
    assert_eq!(told(&world).await, 0);
    signed_in(enter(&world, &flow).await);

    assert_eq!(told(&world).await, 1);
}

#[tokio::test]
async fn a_password_alone_from_a_new_device_is_told() {
    let mut world = World::new();
    world.member(1).await;
    world.password_login.alone = PasswordAlone::Suffices;
    let notified = world.signal.notified();

    signed_in(world.password_login.log_in(&alone(&Caller::default())).await.unwrap());

    assert_eq!((told(&world).await, world.signal.notified()), (1, notified + 1));
}
