//! Numbers of reviewers of app stores: their code never changes, and nothing is sent to them.

use std::time::Duration;

use doorward_app::{
    Policies, SignedIn,
    flow::{FlowView, LoginStep, VerifyError},
    limits::Caller,
    reviewers::{Reviewer, Reviewers},
};
use doorward_kernel::{AuditKind, Client, PhoneNumber, SessionId};
use doorward_limit::Limits;
use doorward_otp::{Code, Step};
use doorward_session::{Assurance, Carrier};
use doorward_testkit::{fixtures, service::policies};
use doorward_user::Password;

use crate::world::{PASSWORD, World, by_password, signed_in, without_limits, wrong};

const CODE: &str = "49381726";
const LASTS: Duration = Duration::from_hours(24);

fn number() -> PhoneNumber {
    PhoneNumber::parse("+14155550100", None).unwrap()
}

fn code() -> Code {
    Code::parse(CODE).unwrap()
}

fn policies_of_reviewers() -> Policies {
    let reviewer = Reviewer { number: number(), code: code(), until: fixtures::now() + LASTS };
    Policies { reviewers: Reviewers::new([reviewer]), limits: without_limits(), ..policies() }
}

fn world() -> World {
    World::of(policies_of_reviewers())
}

/// An account that carries the reviewer's number, which its owner has not verified.
async fn account(world: &World, n: u32) -> FlowView {
    let flow = world.register(&fixtures::email(n), &number(), PASSWORD).await;
    let mailed = world.code(fixtures::email(n).as_str()).await;
    world.verify_email(&flow, &mailed).await.unwrap().continuation
}

/// A login with the reviewer's number that goes on with the registration of an account.
async fn continued(world: &World, registration: &FlowView) -> FlowView {
    let registration = world.named(registration).await;
    world.phone_login.start(number(), registration, &Caller::default()).await.unwrap()
}

/// The reviewer's account, with which somebody has logged in by that code.
async fn reviewer(world: &World) -> SignedIn {
    let registration = account(world, 1).await;
    signed_in(world.enter(&continued(world, &registration).await, &code()).await.unwrap())
}

/// The sessions that were opened so, by the events that are written with them.
fn recorded(world: &World) -> Vec<SessionId> {
    let audit = world.store.audit();
    let opened = audit.iter().filter(|event| event.kind == AuditKind::SessionOpenedByReviewer);
    opened.filter_map(|event| event.session).collect()
}

#[tokio::test]
async fn the_code_of_a_reviewer_logs_in_and_is_recorded_and_nothing_is_sent() {
    let world = world();

    let first = reviewer(&world).await;
    let flow = world.phone_login.start(number(), None, &Caller::default()).await.unwrap();
    let again = signed_in(world.enter(&flow, &code()).await.unwrap());

    assert!(first.user.has_verified(&number()));
    assert_eq!(again.user.id, first.user.id);
    assert_eq!(recorded(&world), [first.session.id, again.session.id]);
    world.deliver().await;
    assert_eq!(world.sms.sent().len(), 0);
}

#[tokio::test]
async fn any_other_code_of_a_reviewer_is_wrong() {
    let world = world();
    reviewer(&world).await;
    let flow = world.phone_login.start(number(), None, &Caller::default()).await.unwrap();

    let denied = world.enter(&flow, &wrong(&code())).await;

    assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left: 4 })), "{denied:?}");
    assert_eq!(recorded(&world).len(), 1);
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

#[tokio::test]
async fn the_code_of_a_reviewer_is_no_second_factor_after_a_password() {
    let world = world();
    account(&world, 1).await;
    let attempt = by_password(fixtures::email(1), PASSWORD, &Caller::default());
    let LoginStep::More(flow) = world.password_login.log_in(&attempt).await.unwrap() else {
        panic!("a password alone opened a session");
    };

    let denied = world.enter(&flow, &code()).await;

    assert!(matches!(denied, Err(VerifyError::Incorrect { .. })), "{denied:?}");
    assert_eq!(recorded(&world), []);
}

#[tokio::test]
async fn guesses_at_the_code_of_a_reviewer_count_by_the_number_and_not_by_the_account() {
    const WRONG_A_DAY: usize = 20;
    const WRONG_A_FLOW: usize = 5;
    let world = world();
    reviewer(&world).await;
    let (first, second) = (account(&world, 2).await, account(&world, 3).await);
    for _ in 0..WRONG_A_DAY / WRONG_A_FLOW {
        let flow = continued(&world, &first).await;
        for _ in 0..WRONG_A_FLOW {
            world.enter(&flow, &wrong(&code())).await.unwrap_err();
        }
    }

    let denied = world.enter(&continued(&world, &second).await, &code()).await;

    assert!(matches!(denied, Err(VerifyError::Incorrect { .. })), "{denied:?}");
    world.clock.advance(LASTS / 2);
    let flow = world.phone_login.start(number(), None, &Caller::default()).await.unwrap();
    signed_in(world.enter(&flow, &code()).await.unwrap());
}

#[tokio::test]
async fn guesses_by_the_number_and_by_an_account_that_carries_it_have_one_count() {
    const WRONG_A_DAY: usize = 20;
    let world = world();
    for _ in 0..WRONG_A_DAY / 5 {
        let flow = world.phone_login.start(number(), None, &Caller::default()).await.unwrap();
        for _ in 0..5 {
            world.enter(&flow, &wrong(&code())).await.unwrap_err();
        }
    }
    let registration = account(&world, 1).await;

    let denied = world.enter(&continued(&world, &registration).await, &code()).await;

    assert!(matches!(denied, Err(VerifyError::Incorrect { .. })), "{denied:?}");
}

#[tokio::test]
async fn a_code_to_the_number_of_a_reviewer_that_is_never_sent_is_never_right() {
    let world = world();
    let registration = account(&world, 1).await;
    let login = continued(&world, &registration).await;
    let challenge = world.named(&login).await.unwrap().challenge;
    let unsent = world.verification.keys.code(&challenge).unwrap();
    world.clock.advance(LASTS);
    let late = world.phone_login.start(number(), None, &Caller::default()).await.unwrap();
    let challenge = world.named(&late).await.unwrap().challenge;
    let unsent_late = world.verification.keys.code(&challenge).unwrap();

    assert!(world.enter(&login, &unsent).await.is_err());
    let denied = world.enter(&late, &unsent_late).await;

    assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left: 4 })), "{denied:?}");
}

#[tokio::test]
async fn the_code_of_a_reviewer_is_wrong_where_the_sms_of_the_number_are_used_up() {
    const AN_HOUR: usize = 5;
    let limits = Limits { sms: Limits::default().sms, ..without_limits() };
    let world = World::of(Policies { limits, ..policies_of_reviewers() });
    let (first, second) = (account(&world, 1).await, account(&world, 2).await);
    for _ in 0..AN_HOUR {
        continued(&world, &first).await;
    }

    let denied = world.enter(&continued(&world, &second).await, &code()).await;

    assert!(matches!(denied, Err(VerifyError::Incorrect { .. })), "{denied:?}");
}

#[tokio::test]
async fn a_login_that_goes_on_to_the_password_is_recorded_once_it_opens_a_session() {
    let sessions = doorward_session::Policy { require: Assurance::Aal2, ..policies().sessions };
    let world = World::of(Policies { sessions, ..policies_of_reviewers() });
    let registration = account(&world, 1).await;
    let flow = continued(&world, &registration).await;

    let LoginStep::More(next) = world.enter(&flow, &code()).await.unwrap() else { panic!("no password is asked for") };
    assert_eq!(recorded(&world), []);
    let attempt = world.attempt(&next, Step::Password).await.unwrap();
    let (email, password) = (fixtures::email(1), Password::parse(PASSWORD).unwrap());
    let login = &world.phone_login;
    let opened = login.finish_with_password(attempt, &email, &password, Carrier::Token, Client::default()).await;

    assert_eq!(recorded(&world), [signed_in(opened.unwrap()).session.id]);
}
