//! A submit that comes twice, as by a double click.

use std::time::Duration;

use doorward_app::{
    flow::{FlowView, LoginStep, ResendError, VerifyError},
    limits::Caller,
    password_login::{PasswordAttempt, PasswordLoginError},
    recovery::{ResetError, ResetStep},
};
use doorward_kernel::Client;
use doorward_otp::{Channel, Code, EnteredCode, Policy, Step, Target};
use doorward_session::Carrier;
use doorward_testkit::fixtures;
use doorward_user::Password;

use crate::{
    totp::{enrolled, shown},
    world::{PASSWORD, World, new_password, signed_in, wrong},
};

const LEEWAY: u64 = 10;

fn more(step: LoginStep) -> FlowView {
    match step {
        LoginStep::More(flow) => flow,
        LoginStep::SignedIn(signed_in) => panic!("a session was opened: {signed_in:?}"),
    }
}

/// Returns what a client sees of a flow; equal for two that are one, as it was started.
fn seen(flow: &FlowView) -> String {
    format!("{} {flow:?}", flow.token.reveal())
}

async fn password(world: &World, flow: &FlowView, password: &str) -> Result<LoginStep, PasswordLoginError> {
    let of_flow = world.attempt(flow, Step::Password).await?;
    let attempt = PasswordAttempt {
        identifier: Target::Email(fixtures::email(1)),
        password: Password::parse(password).unwrap(),
        flow: Some(of_flow),
        carrier: Carrier::Token,
        client: Client::default(),
        caller: Caller::default(),
    };
    world.password_login.log_in(&attempt).await
}

async fn reset(world: &World, flow: &FlowView, code: &Code) -> Result<ResetStep, ResetError> {
    let attempt = world.attempt(flow, Step::EmailCode).await?;
    world.recovery.reset(attempt, EnteredCode::Digits(code.clone()), &new_password("brass-heron-4-paper-moon")).await
}

#[tokio::test]
async fn a_code_that_verified_an_address_gives_the_same_account_and_flow_again() {
    let world = World::new();
    let flow = world.register(&fixtures::email(1), &fixtures::phone(1), PASSWORD).await;
    let code = world.code(fixtures::email(1).as_str()).await;

    let first = world.verify_email(&flow, &code).await.unwrap();
    world.wait(LEEWAY - 1);
    let second = world.verify_email(&flow, &code).await.unwrap();
    world.wait(1);

    assert_eq!((&first.user, seen(&first.continuation)), (&second.user, seen(&second.continuation)));
    assert!(matches!(world.verify_email(&flow, &code).await, Err(VerifyError::Closed)));
}

#[tokio::test]
async fn a_right_password_sends_one_code_however_often_it_is_submitted() {
    let world = World::new();
    world.member(1).await;
    let flow = world.password_login.start(fixtures::email(1), &Caller::default()).await.unwrap();
    world.deliver().await;
    let before = world.sms.sent().len();

    let first = more(password(&world, &flow, PASSWORD).await.unwrap());
    let second = more(password(&world, &flow, PASSWORD).await.unwrap());
    world.deliver().await;

    assert_eq!(seen(&first), seen(&second));
    assert_eq!(world.sms.sent().len(), before + 1);
}

#[tokio::test]
async fn a_code_by_sms_asks_for_the_same_step_again() {
    let world = World::new();
    enrolled(&world, 1).await;
    let flow = world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;

    let first = more(world.enter(&flow, &code).await.unwrap());
    let second = more(world.enter(&flow, &code).await.unwrap());

    assert_eq!(first.channel, Channel::Totp);
    assert_eq!(seen(&first), seen(&second));
}

#[tokio::test]
async fn a_mailed_code_of_a_reset_asks_for_the_app_again() {
    let world = World::new();
    enrolled(&world, 1).await;
    let flow = world.recovery.request(fixtures::email(1), &Caller::default()).await.unwrap();
    let code = world.code(fixtures::email(1).as_str()).await;

    let (first, second) = (reset(&world, &flow, &code).await.unwrap(), reset(&world, &flow, &code).await.unwrap());

    match (first, second) {
        (ResetStep::More(first), ResetStep::More(second)) => assert_eq!(seen(&first), seen(&second)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_way_by_mail_is_given_again_and_sends_one_mail() {
    let world = World::new();
    world.member(1).await;
    let flow = world.password_login.start(fixtures::email(1), &Caller::default()).await.unwrap();
    let second = more(password(&world, &flow, PASSWORD).await.unwrap());
    world.deliver().await;
    let before = world.mail.sent().len();

    let by_mail = async || world.binding.ask_by_mail(world.id(&second), &Caller::default()).await.unwrap();
    let (first, again) = (by_mail().await, by_mail().await);
    world.deliver().await;

    assert_eq!(first.channel, Channel::Email);
    assert_eq!(seen(&first), seen(&again));
    assert_eq!(world.mail.sent().len(), before + 1);
}

#[tokio::test]
async fn a_step_that_a_code_led_to_is_not_given_for_asking_by_mail() {
    let world = World::new();
    enrolled(&world, 1).await;
    let flow = world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;
    more(world.enter(&flow, &code).await.unwrap());

    let asked = world.binding.ask_by_mail(world.id(&flow), &Caller::default()).await;

    assert!(matches!(asked, Err(ResendError::Closed)), "{asked:?}");
}

#[tokio::test]
async fn a_code_that_opened_a_session_opens_no_other() {
    let world = World::new();
    world.member(1).await;
    let flow = world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;
    signed_in(world.enter(&flow, &code).await.unwrap());

    assert!(matches!(world.enter(&flow, &code).await, Err(VerifyError::Closed)));
}

#[tokio::test]
async fn one_wrong_guess_at_a_step_that_was_met_ends_its_repetition() {
    let world = World::new();
    enrolled(&world, 1).await;
    let flow = world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;
    let next = more(world.enter(&flow, &code).await.unwrap());

    let guess = world.enter(&flow, &wrong(&code)).await;
    let right = world.enter(&flow, &code).await;

    assert!(matches!((guess, right), (Err(VerifyError::Closed), Err(VerifyError::Closed))));
    assert!(world.named(&next).await.is_some(), "who was given the next step goes on with it");
}

#[tokio::test]
async fn one_wrong_password_at_a_step_that_was_met_ends_its_repetition() {
    let world = World::new();
    world.member(1).await;
    let flow = world.password_login.start(fixtures::email(1), &Caller::default()).await.unwrap();
    more(password(&world, &flow, PASSWORD).await.unwrap());

    let guess = password(&world, &flow, "not the password").await;
    let right = password(&world, &flow, PASSWORD).await;

    assert!(matches!((guess, right), (Err(PasswordLoginError::Closed), Err(PasswordLoginError::Closed))));
}

#[tokio::test]
async fn a_step_that_was_gone_on_with_is_not_given_again() {
    let world = World::new();
    let (_, seed, _) = enrolled(&world, 1).await;
    let flow = world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;
    let next = more(world.enter(&flow, &code).await.unwrap());
    let attempt = world.attempt(&next, Step::Totp).await.unwrap();
    let guess = EnteredCode::Digits(wrong(&shown(&world, &seed, 0)));
    let denied = world.phone_login.verify_totp(attempt, &guess, Carrier::Token, Client::default()).await;

    assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left: 4 })));
    assert!(matches!(world.enter(&flow, &code).await, Err(VerifyError::Closed)));
}

#[test]
fn the_leeway_is_that_of_the_policy() {
    assert_eq!(Policy::default().repeat_leeway, Duration::from_secs(LEEWAY));
}
