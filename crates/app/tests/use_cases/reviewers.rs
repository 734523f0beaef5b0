//! Numbers of reviewers of app stores: their code never changes, and nothing is sent to them.

use std::time::Duration;

use doorward_app::{
    Policies, SignedIn,
    flow::VerifyError,
    limits::Caller,
    reviewers::{Reviewer, Reviewers},
};
use doorward_kernel::{AuditKind, PhoneNumber};
use doorward_otp::Code;
use doorward_testkit::{fixtures, service::policies};

use crate::world::{PASSWORD, World, signed_in, without_limits};

const CODE: &str = "493817";
const LASTS: Duration = Duration::from_hours(24);

fn number() -> PhoneNumber {
    PhoneNumber::parse("+14155550100", None).unwrap()
}

fn code() -> Code {
    Code::parse(CODE).unwrap()
}

fn world() -> World {
    let reviewer = Reviewer { number: number(), code: code(), until: fixtures::now() + LASTS };
    World::of(Policies { reviewers: Reviewers::new([reviewer]), limits: without_limits(), ..policies() })
}

/// The reviewer's account, with which somebody has logged in by that code.
async fn reviewer(world: &World) -> SignedIn {
    let flow = world.register(&fixtures::email(1), &number(), PASSWORD).await;
    let mailed = world.code(fixtures::email(1).as_str()).await;
    let continuation = world.named(&world.verify_email(&flow, &mailed).await.unwrap().continuation).await;
    let flow = world.phone_login.start(number(), continuation, &Caller::default()).await.unwrap();
    signed_in(world.enter(&flow, &code()).await.unwrap())
}

fn recorded(world: &World) -> usize {
    world.store.audit().iter().filter(|event| event.kind == AuditKind::ReviewerVerified).count()
}

#[tokio::test]
async fn the_code_of_a_reviewer_logs_in_and_is_recorded_and_nothing_is_sent() {
    let world = world();

    let first = reviewer(&world).await;
    let flow = world.phone_login.start(number(), None, &Caller::default()).await.unwrap();
    let again = signed_in(world.enter(&flow, &code()).await.unwrap());

    assert!(first.user.has_verified(&number()));
    assert_eq!(again.user.id, first.user.id);
    assert_eq!(recorded(&world), 2);
    world.deliver().await;
    assert_eq!(world.sms.sent().len(), 0);
}

#[tokio::test]
async fn any_other_code_of_a_reviewer_is_wrong() {
    let world = world();
    reviewer(&world).await;
    let flow = world.phone_login.start(number(), None, &Caller::default()).await.unwrap();

    let wrong = world.enter(&flow, &crate::world::wrong(&code())).await;

    assert!(matches!(wrong, Err(VerifyError::Incorrect { attempts_left: 4 })), "{wrong:?}");
    assert_eq!(recorded(&world), 1);
}

#[tokio::test]
async fn a_reviewer_whose_time_is_over_does_not_log_in_and_is_sent_nothing() {
    let world = world();
    reviewer(&world).await;
    world.clock.advance(LASTS);
    let flow = world.phone_login.start(number(), None, &Caller::default()).await.unwrap();

    let late = world.enter(&flow, &code()).await;

    assert!(matches!(late, Err(VerifyError::Incorrect { .. })), "{late:?}");
    world.deliver().await;
    assert_eq!(world.sms.sent().len(), 0);
}

#[tokio::test]
async fn the_code_of_a_reviewer_opens_nothing_for_another_number_and_no_other_flow() {
    let world = world();
    let reviewer = reviewer(&world).await;
    let member = world.member(2).await;
    let other = world.phone_login.start(fixtures::phone(2), None, &Caller::default()).await.unwrap();

    let denied = world.enter(&other, &code()).await;

    assert!(matches!(denied, Err(VerifyError::Incorrect { .. })), "{denied:?}");
    assert_ne!(member.user.id, reviewer.user.id);
    let flow = world.step_up.start(&reviewer, &Caller::default()).await.unwrap();
    let denied = world.verify_again(&flow, &code(), Some(reviewer)).await;
    assert!(matches!(denied, Err(VerifyError::Incorrect { .. })), "{denied:?}");
}
