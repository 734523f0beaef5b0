//! One guess each at many accounts from many addresses, which exhausts no limit of theirs.

use doorward_app::limits::{AdmitError, Caller};
use doorward_crypto::sha256;
use doorward_kernel::{AuditKind, Client, PhoneNumber};
use doorward_limit::{DetectorPolicy, Limit, Limits, ThreatLevel};
use doorward_otp::Step;
use doorward_session::Carrier;
use doorward_testkit::fixtures;

use crate::{
    totp::enrolled,
    world::{PASSWORD, World, by_password, wrong},
};

/// An attack above five failures.
fn world() -> World {
    let breaker = DetectorPolicy { above_failed: 5, ..DetectorPolicy::OTP };
    let (ip_sends, ip_registrations) = (Limit::parse("16/10m").unwrap(), Limit::OFF);
    World::limited(Limits {
        otp_breaker: breaker,
        password_breaker: breaker,
        ip_sends,
        ip_registrations,
        ..Limits::default()
    })
}

fn host(n: u8) -> Caller {
    Caller::at([11, n, 0, 1].into())
}

fn number(n: u8) -> PhoneNumber {
    fixtures::phone(u32::from(n))
}

/// Wrong codes for the numbers of members, each from a host of its own.
async fn spray(world: &World, members: u8) {
    for n in 1..=members {
        world.member(n.into()).await;
        world.wait(600);
    }
    for n in 1..=members {
        let flow = world.phone_login.start(number(n), None, &host(n)).await.unwrap();
        let code = world.code(number(n).as_str()).await;
        let attempt = world.verification.find_open(world.id(&flow), &[Step::PhoneCode], &host(n)).await.unwrap();
        let outcome = world.phone_login.verify(attempt, &wrong(&code), Carrier::Token, Client::default()).await;
        assert!(outcome.is_err());
    }
}

async fn learn(world: &World) -> ThreatLevel {
    world.verification.limiter.detect_spray().await.unwrap();
    world.settle().await;
    world.verification.limiter.spray.threat_level()
}

fn told(world: &World) -> usize {
    world.store.audit().iter().filter(|event| event.kind == AuditKind::OtpSprayDetected).count()
}

/// Counts the codes that a host may ask for.
async fn starts(world: &World, from: &Caller) -> u32 {
    for n in 0..20 {
        match world.phone_login.start(fixtures::phone(100 + n), None, from).await {
            Ok(_) => {}
            Err(AdmitError::Limited { .. }) => return n,
            Err(other) => panic!("{other:?}"),
        }
    }
    20
}

#[tokio::test]
async fn few_failures_change_nothing() {
    let world = world();
    spray(&world, 5).await;

    assert_eq!(learn(&world).await, ThreatLevel::Normal);
    assert_eq!((told(&world), starts(&world, &host(90)).await), (0, 16));
}

#[tokio::test]
async fn many_make_limits_tight_and_codes_longer_and_are_told_once() {
    let world = world();
    spray(&world, 6).await;

    assert_eq!((learn(&world).await, learn(&world).await), (ThreatLevel::Elevated, ThreatLevel::Elevated));

    assert_eq!((told(&world), starts(&world, &host(90)).await), (1, 4));
    world.phone_login.start(number(1), None, &host(91)).await.unwrap();
    assert_eq!(world.code(number(1).as_str()).await.reveal().len(), 8);
}

#[tokio::test]
async fn it_ends_a_quarter_of_an_hour_after_the_last_window_of_it() {
    let world = world();
    spray(&world, 6).await;
    assert_eq!(learn(&world).await, ThreatLevel::Elevated);

    world.wait(19 * 60);
    assert_eq!(learn(&world).await, ThreatLevel::Elevated);
    world.wait(2 * 60);
    assert_eq!(learn(&world).await, ThreatLevel::Normal);

    assert_eq!(starts(&world, &host(90)).await, 16);
}

#[tokio::test]
async fn a_right_code_that_is_shown_again_and_again_makes_up_for_one_wrong_code() {
    let world = world();
    enrolled(&world, 50).await;
    world.wait(600);
    spray(&world, 6).await;

    let flow = world.phone_login.start(number(50), None, &host(50)).await.unwrap();
    let code = world.code(number(50).as_str()).await;
    for _ in 0..10 {
        world.enter(&flow, &code).await.unwrap();
    }

    assert_eq!(learn(&world).await, ThreatLevel::Elevated);
}

#[tokio::test]
async fn right_codes_of_many_people_make_up_for_as_many_wrong_ones() {
    let world = world();
    for n in 50_u8..60 {
        enrolled(&world, n.into()).await;
        world.wait(600);
    }
    spray(&world, 6).await;

    for n in 50_u8..60 {
        world.wait(1);
        let flow = world.phone_login.start(number(n), None, &host(n)).await.unwrap();
        let code = world.code(number(n).as_str()).await;
        world.enter(&flow, &code).await.unwrap();
    }

    assert_eq!(learn(&world).await, ThreatLevel::Normal);
}

#[tokio::test]
async fn a_right_password_that_is_shown_again_and_again_makes_up_for_one_wrong_password() {
    let world = world();
    for n in 1..=7 {
        world.account(n).await;
    }
    world.wait(600);
    let log_in = async |n: u8, password: &str| {
        let attempt = by_password(fixtures::email(n.into()), password, &host(n));
        world.password_login.log_in(&attempt).await
    };

    for n in 1..=6 {
        assert!(log_in(n, "another-password-2").await.is_err());
    }
    for _ in 0..10 {
        assert!(log_in(7, PASSWORD).await.is_ok());
    }

    assert_eq!(learn(&world).await, ThreatLevel::Elevated);
}

/// Solves a puzzle by trying.
fn solve(puzzle: &str) -> String {
    let is_right = |answer: &String| sha256(answer.as_bytes())[0] == 0;
    (0..100_000).map(|n| format!("{puzzle}.{n}")).find(is_right).unwrap()
}

#[tokio::test]
async fn who_solves_puzzles_has_limits_as_they_are_set() {
    let world = world();
    spray(&world, 6).await;
    let (limiter, here) = (&world.verification.limiter, host(90));
    assert_eq!(limiter.puzzle_for(&here).await, None);
    learn(&world).await;
    assert_eq!(starts(&world, &here).await, 4);

    for n in 0..16 {
        let puzzle = limiter.puzzle_for(&here).await.unwrap().text;
        let solver = Caller { answer: Some(solve(&puzzle)), ..here.clone() };
        assert_eq!(limiter.puzzle_for(&solver).await, None);
        world.phone_login.start(fixtures::phone(200 + n), None, &solver).await.unwrap();
    }

    let puzzle = limiter.puzzle_for(&here).await.unwrap().text;
    let solver = Caller { answer: Some(solve(&puzzle)), ..here };
    let beyond = world.phone_login.start(fixtures::phone(300), None, &solver).await;
    assert!(matches!(beyond, Err(AdmitError::Limited { .. })), "{beyond:?}");
}

#[tokio::test]
async fn an_answer_is_good_once_from_its_own_host_and_for_five_minutes() {
    let world = world();
    spray(&world, 6).await;
    learn(&world).await;
    let [one, other, late] = [host(90), host(91), host(92)];
    for caller in [&one, &other, &late] {
        assert_eq!(starts(&world, caller).await, 4);
    }
    let limiter = &world.verification.limiter;
    let [answer, too_late] = [limiter.puzzle_for(&one).await, limiter.puzzle_for(&late).await]
        .map(|puzzle| Some(solve(&puzzle.unwrap().text)));
    let start = async |caller: &Caller, answer: &Option<String>| {
        let caller = Caller { answer: answer.clone(), ..caller.clone() };
        world.phone_login.start(fixtures::phone(400), None, &caller).await.is_ok()
    };

    assert!(!start(&one, &Some("pz1.8.1.0.0.0".to_owned())).await);
    assert!(!start(&other, &answer).await);
    assert!(start(&one, &answer).await);
    assert!(!start(&one, &answer).await);
    world.wait(300);
    starts(&world, &late).await;
    assert!(!start(&late, &too_late).await);
}
