//! New passwords that were in breaches, where they are looked up.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use doorward_app::{
    SignedIn,
    breaches::Breaches,
    flow::{FlowView, Next},
    limits::Caller,
    profile::{ProfileError, ProfileRequest, ProfileStep},
    recovery::{ResetError, ResetStep},
    registration::RegistrationError,
};
use doorward_kernel::EmailAddress;
use doorward_limit::{Limit, Limits};
use doorward_otp::{Code, EnteredCode, Step};
use doorward_testkit::fixtures;
use doorward_user::{BreachError, MockBreachedPasswords, Password, PasswordFault};

use crate::world::{PASSWORD, World, new_password, request, wrong};

const BREACHED: &str = "copper-lantern-7-harbour";
const NEW: &str = "brass-heron-4-paper-moon";

/// Has new passwords looked up there, from now on.
fn look_up(world: &mut World, passwords: MockBreachedPasswords) {
    let breaches = Breaches::of(Arc::new(passwords), world.clock.clone());
    world.registration.breaches = breaches.clone();
    world.recovery.breaches = breaches.clone();
    world.profile.breaches = breaches;
}

/// Knows one password.
fn knowing() -> MockBreachedPasswords {
    let mut passwords = MockBreachedPasswords::new();
    passwords.expect_contains().returning(|password| Ok(password.reveal() == BREACHED));
    passwords
}

/// Knows nobody's password, as it never answers, and counts who asks.
fn failing() -> (MockBreachedPasswords, Arc<AtomicU32>) {
    let asked = Arc::new(AtomicU32::new(0));
    let mut passwords = MockBreachedPasswords::new();
    let count = asked.clone();
    passwords.expect_contains().returning(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        Err(BreachError::new("no answer"))
    });
    (passwords, asked)
}

async fn register(world: &World, email: &EmailAddress, password: &str) -> Result<FlowView, RegistrationError> {
    let request = request(fixtures::names("Ada", "Lovelace"), email, &fixtures::phone(2), password);
    world.registration.request(request, &Caller::default()).await
}

async fn change(world: &World, who: &SignedIn, current: &str, new: &str) -> Result<ProfileStep, ProfileError> {
    let request = ProfileRequest { new_password: Some(new_password(new)), ..ProfileRequest::default() };
    world.profile.change(who, &Password::parse(current).unwrap(), request, &Caller::default()).await
}

async fn reset(world: &World, flow: &FlowView, code: &Code, new: &str) -> Result<ResetStep, ResetError> {
    let attempt = world.verification.find_open(world.id(flow), &[Step::EmailCode], &Caller::default()).await?;
    world.recovery.reset(attempt, EnteredCode::Digits(code.clone()), &new_password(new)).await
}

#[tokio::test]
async fn a_breached_password_registers_nobody_whoever_has_the_address() {
    let mut world = World::new();
    world.account(1).await;
    let (sent, recorded) = (world.mail.sent().len(), world.store.audit().len());
    look_up(&mut world, knowing());

    for taken_or_free in [fixtures::email(1), fixtures::email(2)] {
        let refused = register(&world, &taken_or_free, BREACHED).await;
        assert!(matches!(refused, Err(RegistrationError::Password(PasswordFault::Breached))), "{refused:?}");
    }

    world.deliver().await;
    assert_eq!((world.mail.sent().len(), world.store.audit().len()), (sent, recorded));
    for taken_or_free in [fixtures::email(1), fixtures::email(2)] {
        assert_eq!(register(&world, &taken_or_free, NEW).await.unwrap().next, Next::VerifyEmail);
    }
}

#[tokio::test]
async fn a_breached_password_costs_no_registration_and_no_mail() {
    let limit = |text| Limit::parse(text).unwrap();
    let limits = Limits { ip_registrations: limit("2/1h"), email: limit("3/1d"), ..Limits::default() };
    let mut world = World::limited(limits);
    look_up(&mut world, knowing());

    for _ in 0..8 {
        assert!(matches!(register(&world, &fixtures::email(1), BREACHED).await, Err(RegistrationError::Password(_))));
    }

    assert!(register(&world, &fixtures::email(1), NEW).await.is_ok());
    assert!(world.try_code(fixtures::email(1).as_str()).await.is_some());
    assert!(register(&world, &fixtures::email(2), NEW).await.is_ok());
    let refused = register(&world, &fixtures::email(3), BREACHED).await;
    assert!(matches!(refused, Err(RegistrationError::Limited { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_breached_password_takes_nobodys_place_and_costs_no_change() {
    let limits = Limits { sensitive_changes: Limit::parse("1/1d").unwrap(), ..Limits::default() };
    let mut world = World::limited(limits);
    let owner = world.member(1).await;
    look_up(&mut world, knowing());

    for _ in 0..3 {
        let refused = change(&world, &owner, PASSWORD, BREACHED).await;
        assert!(matches!(refused, Err(ProfileError::NewPassword(PasswordFault::Breached))), "{refused:?}");
    }

    assert!(matches!(change(&world, &owner, PASSWORD, NEW).await, Ok(ProfileStep::Done(_))));
}

#[tokio::test]
async fn who_does_not_know_the_current_password_has_none_looked_up() {
    let mut world = World::new();
    let owner = world.member(1).await;
    // It fails the test when it is asked.
    look_up(&mut world, MockBreachedPasswords::new());

    let denied = change(&world, &owner, "not the password", BREACHED).await;

    assert!(matches!(denied, Err(ProfileError::PasswordIncorrect)));
}

#[tokio::test]
async fn a_breached_password_spends_no_try_of_a_reset_and_tells_nobody_who_exists() {
    let mut world = World::new();
    world.member(1).await;
    let flow = world.recovery.request(fixtures::email(1), &Caller::default()).await.unwrap();
    let decoy = world.recovery.request(fixtures::email(9), &Caller::default()).await.unwrap();
    let code = world.code(fixtures::email(1).as_str()).await;
    look_up(&mut world, knowing());

    for (flow, code) in [(&flow, &code), (&flow, &wrong(&code)), (&decoy, &code)] {
        let refused = reset(&world, flow, code, BREACHED).await;
        assert!(matches!(refused, Err(ResetError::Password(faults)) if faults == [PasswordFault::Breached]));
    }

    let denied = reset(&world, &flow, &wrong(&code), NEW).await;
    assert!(matches!(denied, Err(ResetError::Incorrect { attempts_left: 4 })));
    assert!(matches!(reset(&world, &flow, &code, NEW).await, Ok(ResetStep::Done)));
}

#[tokio::test]
async fn who_cannot_be_asked_keeps_nobody_out() {
    let mut world = World::new();
    let owner = world.member(1).await;
    let (passwords, asked) = failing();
    look_up(&mut world, passwords);

    assert!(register(&world, &fixtures::email(2), BREACHED).await.is_ok());
    assert!(change(&world, &owner, PASSWORD, BREACHED).await.is_ok());

    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn who_has_failed_five_times_is_left_alone_for_half_a_minute() {
    let mut world = World::new();
    let (passwords, asked) = failing();
    look_up(&mut world, passwords);
    let register = async || register(&world, &fixtures::email(1), NEW).await.unwrap();

    for _ in 0..7 {
        register().await;
    }
    let at_first = asked.load(Ordering::SeqCst);
    world.wait(30);
    for _ in 0..2 {
        register().await;
    }

    assert_eq!((at_first, asked.load(Ordering::SeqCst)), (5, 6));
}
