//! Backoff and lockout after wrong codes of an authenticator app in a row.

use std::sync::Arc;

use doorward_app::{
    SignedIn,
    flow::{FlowView, LoginStep, VerifyError},
    limits::Caller,
    totp::{Confirmed, TotpError},
};
use doorward_kernel::{AuditKind, Client, Secret};
use doorward_limit::{Limit, Limits};
use doorward_notifier::NoticeTemplate;
use doorward_otp::{Code, EnteredCode, RecoveryCode, Step, TotpSeed};
use doorward_session::{Carrier, SessionTokens};
use doorward_testkit::fixtures;
use doorward_user::Password;

use crate::{
    binding::pending_authenticator,
    totp::{enrolled, seed, shown},
    world::{PASSWORD, World, by_password, of_identifiers, signed_in, without_limits, wrong},
};

/// Without the limit of the day, which would refuse the twenty-first anyway.
fn world() -> World {
    World::limited(Limits { wrong_codes: Limit::OFF, ..without_limits() })
}

/// The waits after the tenth and later failures, in seconds.
const WAITS: [u64; 7] = [30, 60, 120, 300, 900, 3600, 3600];

fn password() -> Password {
    Password::parse(PASSWORD).unwrap()
}

/// A device that the owner has logged in with.
fn device_of(world: &World, owner: &SignedIn) -> Caller {
    let token = world.keys.device_token(owner.user.device_owner()).reveal().clone();
    Caller { device: Some(Secret::new(token)), ..Caller::default() }
}

/// The login of the first account, after its right password.
async fn half_way(world: &World, caller: &Caller) -> FlowView {
    let attempt = by_password(fixtures::email(1), PASSWORD, caller);
    match world.password_login.log_in(&attempt).await.unwrap() {
        LoginStep::More(flow) => flow,
        LoginStep::SignedIn(_) => panic!("nothing more is asked for"),
    }
}

/// A try in a flow of its own.
async fn verify(world: &World, code: EnteredCode, caller: &Caller) -> Result<SignedIn, VerifyError> {
    let attempt = world.attempt(&half_way(world, caller).await, Step::Totp).await.unwrap();
    Ok(signed_in(world.phone_login.verify_totp(attempt, &code, Carrier::Token, Client::default()).await?))
}

async fn lets_in(world: &World, code: Code, caller: &Caller) -> bool {
    match verify(world, EnteredCode::Digits(code), caller).await {
        Ok(_) => true,
        Err(VerifyError::Incorrect { attempts_left: 4 }) => false,
        Err(other) => panic!("{other:?}"),
    }
}

async fn is_right(world: &World, app: &TotpSeed, caller: &Caller) -> bool {
    lets_in(world, shown(world, app, 0), caller).await
}

async fn fail(world: &World, app: &TotpSeed, times: u32, caller: &Caller) {
    for _ in 0..times {
        assert!(!lets_in(world, wrong(&shown(world, app, 0)), caller).await);
    }
}

/// So many wrong codes, each after the wait that the one before it cost.
async fn fail_in_turn(world: &World, app: &TotpSeed, times: u32, caller: &Caller) {
    for _ in 0..times {
        fail(world, app, 1, caller).await;
        world.wait(3600);
    }
}

/// Steps up in the session.
async fn step_up(world: &World, member: &SignedIn, code: Code) -> Result<SignedIn, VerifyError> {
    let flow = world.step_up.start(member, &Caller::default()).await.unwrap();
    let attempt = world.attempt(&flow, Step::Totp).await.unwrap();
    let current = world.stores.sessions().find(member.session.id).await.unwrap();
    world.step_up.verify(attempt, EnteredCode::Digits(code), current).await
}

/// Removes the app in the session.
async fn remove(world: &World, member: &SignedIn, code: EnteredCode) -> Result<(), TotpError> {
    world.totp.remove(member, &password(), &code, &Caller::default()).await
}

fn recovery(code: &RecoveryCode) -> EnteredCode {
    EnteredCode::Recovery(code.clone())
}

#[tokio::test]
async fn nine_wrong_codes_cost_nothing_and_a_right_one_ends_the_row() {
    let world = world();
    let (_, app, _) = enrolled(&world, 1).await;
    let stranger = Caller::default();

    for _ in 0..3 {
        fail(&world, &app, 9, &stranger).await;
        assert!(is_right(&world, &app, &stranger).await);
        world.wait(30);
    }
}

#[tokio::test]
async fn from_the_tenth_on_right_and_wrong_wait_alike_and_longer_each_time() {
    let world = world();
    let (_, app, _) = enrolled(&world, 1).await;
    let stranger = Caller::default();
    fail(&world, &app, 9, &stranger).await;

    for seconds in WAITS {
        fail(&world, &app, 1, &stranger).await;
        world.wait(seconds - 1);
        assert!(!is_right(&world, &app, &stranger).await, "after {seconds}");
        fail(&world, &app, 3, &stranger).await;
        world.wait(1);
    }
    assert!(is_right(&world, &app, &stranger).await);
}

#[tokio::test]
async fn a_known_device_and_a_session_do_not_wait_for_strangers() {
    let world = world();
    let (member, app, _) = enrolled(&world, 1).await;
    let (own, stranger) = (device_of(&world, &member), Caller::default());
    fail_in_turn(&world, &app, 15, &stranger).await;
    fail(&world, &app, 1, &stranger).await;

    assert!(!is_right(&world, &app, &stranger).await);
    assert!(is_right(&world, &app, &own).await);
    world.wait(30);
    assert!(step_up(&world, &member, shown(&world, &app, 0)).await.is_ok());
    world.wait(30);
    assert!(!is_right(&world, &app, &stranger).await);
}

#[tokio::test]
async fn in_a_session_right_and_wrong_wait_alike_and_logins_do_not_wait_for_it() {
    let world = world();
    let (member, app, _) = enrolled(&world, 1).await;
    let digits = |code: Code| EnteredCode::Digits(code);
    for _ in 0..5 {
        let denied = remove(&world, &member, digits(wrong(&shown(&world, &app, 0)))).await;
        assert!(matches!(denied, Err(TotpError::Incorrect)), "{denied:?}");
        assert!(step_up(&world, &member, wrong(&shown(&world, &app, 0))).await.is_err());
    }

    let denied = remove(&world, &member, digits(shown(&world, &app, 0))).await;

    assert!(matches!(denied, Err(TotpError::Incorrect)), "{denied:?}");
    assert!(step_up(&world, &member, shown(&world, &app, 0)).await.is_err());
    assert!(is_right(&world, &app, &Caller::default()).await);
    world.wait(30);
    remove(&world, &member, digits(shown(&world, &app, 0))).await.unwrap();
}

#[tokio::test]
async fn a_known_device_that_failed_thirty_times_counts_as_a_stranger() {
    let world = world();
    let (member, app, _) = enrolled(&world, 1).await;
    let own = device_of(&world, &member);
    fail_in_turn(&world, &app, 30, &own).await;
    fail_in_turn(&world, &app, 15, &own).await;
    fail(&world, &app, 1, &own).await;

    assert!(!is_right(&world, &app, &own).await);
    assert!(!is_right(&world, &app, &Caller::default()).await);
    world.wait(3600);
    assert!(is_right(&world, &app, &own).await);
}

#[tokio::test]
async fn thirty_in_a_row_disable_an_app_until_another_one_is_bound() {
    let world = world();
    let (_, app, codes) = enrolled(&world, 1).await;
    let stranger = Caller::default();
    fail_in_turn(&world, &app, 30, &stranger).await;
    world.wait(80 * 86_400);
    assert!(!is_right(&world, &app, &stranger).await);

    let session = verify(&world, recovery(&codes[0]), &stranger).await.unwrap();
    assert!(!is_right(&world, &app, &stranger).await);
    remove(&world, &session, recovery(&codes[1])).await.unwrap();
    let session = world.log_in(&fixtures::phone(1)).await;
    let app = seed(&world.totp.begin(&session, &stranger).await.unwrap());
    let password = Password::parse(PASSWORD).unwrap();
    let confirmed = world.totp.confirm(&session, &shown(&world, &app, -1), Some(&password), &stranger).await.unwrap();

    assert!(matches!(confirmed, Confirmed::Now(_)));
    assert!(is_right(&world, &app, &stranger).await);
}

#[tokio::test]
async fn an_app_that_takes_effect_has_no_wrong_codes_behind_it() {
    let world = world();
    let (_, _, app, _) = pending_authenticator(&world).await;
    let stranger = Caller::default();
    fail_in_turn(&world, &app, 24, &stranger).await;
    fail(&world, &app, 1, &stranger).await;

    assert_eq!(world.totp.apply_pending(10).await.unwrap(), 1);

    assert!(is_right(&world, &app, &stranger).await);
}

#[tokio::test]
async fn recovery_codes_are_looked_at_all_the_while_and_count_in_no_row() {
    let world = world();
    let (_, app, codes) = enrolled(&world, 1).await;
    let (_, _, foreign) = enrolled(&world, 2).await;
    let stranger = Caller::default();
    for code in &foreign {
        assert!(verify(&world, recovery(code), &stranger).await.is_err());
    }
    let consecutive = async || {
        world.settle().await;
        world.store.lockouts().iter().map(|row| row.consecutive).sum::<u32>()
    };
    assert_eq!(consecutive().await, 0);
    fail(&world, &app, 12, &stranger).await;

    verify(&world, recovery(&codes[0]), &stranger).await.unwrap();

    assert!(!is_right(&world, &app, &stranger).await);
    assert_eq!(consecutive().await, 10);
}

#[tokio::test]
async fn a_code_that_is_sent_twice_for_one_step_is_no_failure() {
    let world = world();
    let (_, app, _) = enrolled(&world, 1).await;
    fail(&world, &app, 3, &Caller::default()).await;
    let flow = half_way(&world, &Caller::default()).await;
    // On two nodes, as one node looks at the second when the first is done.
    let mut other = world.verification.clone();
    Arc::make_mut(&mut other.limiter).memory = Arc::default();
    let second = other.find_open(world.id(&flow), &[Step::Totp], &Caller::default()).await.unwrap();
    let attempts = [world.attempt(&flow, Step::Totp).await.unwrap(), second];
    let code = EnteredCode::Digits(shown(&world, &app, 0));

    let mut steps = Vec::new();
    for attempt in attempts {
        steps.push(world.phone_login.verify_totp(attempt, &code, Carrier::Token, Client::default()).await);
    }

    assert!(matches!(&steps[..], [Ok(_), Err(VerifyError::Closed)]), "{steps:?}");
    world.settle().await;
    assert_eq!(world.store.lockouts(), []);
}

#[tokio::test]
async fn a_wrong_code_is_recorded_once_in_a_flow_and_in_a_session() {
    let world = world();
    let (member, app, _) = enrolled(&world, 1).await;
    let failed = |world: &World| {
        let is_failure = |kind| matches!(kind, AuditKind::FlowFailed | AuditKind::TotpFailed);
        let events = world.store.audit().into_iter().filter(|event| is_failure(event.kind));
        events.map(|event| (event.kind, event.user, event.session)).collect::<Vec<_>>()
    };
    let (user, session) = (Some(member.user.id), Some(member.session.id));

    fail(&world, &app, 1, &Caller::default()).await;
    assert_eq!(failed(&world), [(AuditKind::FlowFailed, user, None)]);
    remove(&world, &member, EnteredCode::Digits(wrong(&shown(&world, &app, 0)))).await.unwrap_err();
    assert_eq!(failed(&world)[1..], [(AuditKind::TotpFailed, user, session)]);
}

#[tokio::test]
async fn the_owner_is_told_once_that_codes_wait_and_once_that_the_app_is_disabled() {
    let world = world();
    let (_, app, _) = enrolled(&world, 1).await;
    let stranger = Caller::default();
    fail(&world, &app, 9, &stranger).await;
    let told = async |template| {
        let notices = world.notices(&fixtures::email(1)).await;
        notices.into_iter().filter(|notice| *notice == template).count()
    };
    assert_eq!(told(NoticeTemplate::AppCodesTried).await, 0);

    fail_in_turn(&world, &app, 25, &stranger).await;

    assert_eq!(told(NoticeTemplate::AppCodesTried).await, 1);
    assert_eq!(told(NoticeTemplate::AppDisabled).await, 1);
}

#[tokio::test]
async fn strangers_have_twenty_wrong_codes_a_day_whatever_the_owner_does_between_and_a_known_device_has_its_own() {
    let world = World::limited(of_identifiers());
    let (member, app, _) = enrolled(&world, 1).await;
    let (own, stranger) = (device_of(&world, &member), Caller::default());
    for times in [9, 9, 2] {
        assert!(is_right(&world, &app, &stranger).await);
        fail(&world, &app, times, &stranger).await;
        world.wait(30);
    }

    assert!(!is_right(&world, &app, &stranger).await);
    assert!(is_right(&world, &app, &own).await);
    world.wait(30);
    for times in [9, 9, 2] {
        assert!(is_right(&world, &app, &own).await);
        fail(&world, &app, times, &own).await;
        world.wait(30);
    }
    assert!(!is_right(&world, &app, &own).await);

    world.wait(86_400 / 20);
    assert!(is_right(&world, &app, &stranger).await);
}

#[tokio::test]
async fn wrong_codes_in_sessions_count_for_all_sessions_together() {
    let (wrong_codes, off) = (Limit::parse("2/1d").unwrap(), Limit::OFF);
    let limits = Limits { sms: off.clone(), sensitive_changes: off, wrong_codes, ..of_identifiers() };
    let world = World::limited(limits);
    let (member, app, _) = enrolled(&world, 1).await;
    let mut sessions = vec![member];
    for _ in 0..3 {
        world.wait(30);
        let session = verify(&world, EnteredCode::Digits(shown(&world, &app, 0)), &Caller::default()).await.unwrap();
        sessions.push(session);
    }
    let digits = |code: Code| EnteredCode::Digits(code);
    for session in &sessions[..3] {
        for _ in 0..2 {
            remove(&world, session, digits(wrong(&shown(&world, &app, 0)))).await.unwrap_err();
        }
    }
    world.wait(30);

    let denied = remove(&world, &sessions[3], digits(shown(&world, &app, 0))).await;

    assert!(matches!(denied, Err(TotpError::Incorrect)), "{denied:?}");
    assert!(is_right(&world, &app, &Caller::default()).await);
}
