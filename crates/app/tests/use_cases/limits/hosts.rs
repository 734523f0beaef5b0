//! Limits of a caller's address, which refuse explicitly.

use doorward_app::{
    flow::{FlowView, FoundFlow, ResendError, ResumeError, VerifyError},
    limits::{AdmitError, CallKind, Caller},
    registration::RegistrationError,
};
use doorward_kernel::{ChallengeId, Secret};
use doorward_limit::{Limit, Limits};
use doorward_otp::{Code, Step, Target};
use doorward_testkit::fixtures;

use super::{enter, register, start};
use crate::world::{PASSWORD, World, device, request, stranger};

/// A start by number that names these flows in its body and its cookies.
async fn resumed(
    world: &World,
    by_token: &[&FlowView],
    by_cookies: &[&FlowView],
) -> Result<Option<FoundFlow>, ResumeError> {
    let [by_token, by_cookies] =
        [by_token, by_cookies].map(|flows| flows.iter().map(|flow| world.id(flow)).collect::<Vec<ChallengeId>>());
    let call = (&Target::Phone(fixtures::phone(9)), CallKind::Start);
    world.verification.resumed((by_token.first().copied(), &by_cookies), call, &stranger(1)).await
}

#[tokio::test]
async fn failures_of_a_host_are_refused_explicitly_and_a_success_clears_none() {
    let off = || Limit::OFF;
    let of_sends = Limits { sms: off(), sms_prefix: off(), sms_country: off(), ip_sends: off(), ..Limits::default() };
    let world = World::limited(Limits { wrong_codes: off(), ..of_sends });
    for n in 1..=2 {
        let names = fixtures::names("Ada", "Lovelace");
        let request = request(names, &fixtures::email(n), &fixtures::phone(n), PASSWORD);
        let flow = world.registration.request(request, &stranger(n)).await.unwrap();
        let code = world.code(fixtures::email(n).as_str()).await;
        world.registration.verify(world.attempt(&flow, Step::EmailCode).await.unwrap(), &code).await.unwrap();
    }
    let here = stranger(70);
    let mut wrongs = 0;
    let refusal = loop {
        let flow = start(&world, &fixtures::phone(1), &here).await.unwrap();
        world.wait(2);
        match enter(&world, &flow, &Code::parse("000000").unwrap(), &here).await {
            Err(VerifyError::Incorrect { .. }) => wrongs += 1,
            Err(VerifyError::Limited { retry_after }) => break retry_after,
            other => panic!("{other:?}"),
        }
        if [5, 10, 15].contains(&wrongs) {
            // Somebody's right code on the same host.
            let flow = start(&world, &fixtures::phone(2), &here).await.unwrap();
            let code = world.code(fixtures::phone(2).as_str()).await;
            enter(&world, &flow, &code, &here).await.unwrap();
        }
        assert!(wrongs < 30, "never refused");
    };

    // Twenty at once, and one more in thirty seconds while they are made.
    assert!((20..=22).contains(&wrongs), "{wrongs}");
    assert!([5, 10, 30, 60].contains(&refusal), "{refusal}");
    let flow = start(&world, &fixtures::phone(1), &stranger(71)).await.unwrap();
    let elsewhere = enter(&world, &flow, &Code::parse("000000").unwrap(), &stranger(71)).await;
    assert!(matches!(elsewhere, Err(VerifyError::Incorrect { .. })), "{elsewhere:?}");
}

#[tokio::test]
async fn starts_of_a_host_are_refused_explicitly() {
    let world = World::limited(Limits::default());
    let here = stranger(1);

    for _ in 0..5 {
        start(&world, &fixtures::phone(1), &here).await.unwrap();
    }

    let refused = start(&world, &fixtures::phone(2), &here).await;
    assert!(matches!(refused, Err(AdmitError::Limited { retry_after: 300 })), "{refused:?}");
    let refused = register(&world, 2, &here).await;
    assert!(matches!(refused, Err(RegistrationError::Limited { .. })), "{refused:?}");
    assert!(start(&world, &fixtures::phone(2), &stranger(2)).await.is_ok());
}

#[tokio::test]
async fn a_known_device_starts_though_its_host_is_used_up() {
    let world = World::limited(Limits { sms: Limit::OFF, ..Limits::default() });
    let owner = world.member(1).await;
    let here = stranger(99);
    while start(&world, &fixtures::phone(7), &here).await.is_ok() {}

    let own = device(&world, &owner);
    let started = start(&world, &fixtures::phone(1), &own).await;
    let forged = Caller { device: Some(Secret::new("dt_forged".to_owned())), ..here };

    assert!(started.is_ok());
    assert!(start(&world, &fixtures::phone(1), &forged).await.is_err());
}

#[tokio::test]
async fn all_devices_of_an_account_have_three_times_the_calls_of_one() {
    let limits = Limits { ip_credentials: Limit::parse("9/1d").unwrap(), sms: Limit::OFF, ..Limits::default() };
    let world = World::limited(limits);
    let (owner, other) = (world.member(1).await, world.member(2).await);

    let mut started = 0;
    for _ in 0..8 {
        let own = device(&world, &owner);
        for _ in 0..5 {
            started += u32::from(start(&world, &fixtures::phone(1), &own).await.is_ok());
        }
    }

    assert_eq!(started, 27);
    assert!(start(&world, &fixtures::phone(2), &device(&world, &other)).await.is_ok());
}

#[tokio::test]
async fn a_flow_that_is_closed_still_takes_from_its_caller() {
    let world = World::limited(Limits::default());
    let here = stranger(1);
    let flow = start(&world, &fixtures::phone(1), &here).await.unwrap();
    world.wait(600);

    let mut closed = 0;
    while let Err(VerifyError::Closed) = enter(&world, &flow, &Code::parse("000000").unwrap(), &here).await {
        closed += 1;
    }
    let resent = world.verification.resend(world.id(&flow), None, &here).await;

    assert_eq!(closed, 20);
    assert!(matches!(resent, Err(ResendError::Limited { retry_after: 5 })), "{resent:?}");
}

#[tokio::test]
async fn flows_that_are_closed_cost_a_call_to_ask_for() {
    let world = World::limited(Limits { ip_credentials: Limit::parse("3/1d").unwrap(), ..Limits::default() });
    let flow = start(&world, &fixtures::phone(1), &stranger(9)).await.unwrap();
    world.wait(3600);

    let mut asked = Vec::new();
    for _ in 0..4 {
        asked.push(resumed(&world, &[&flow], &[]).await.unwrap_err());
    }

    assert!(matches!(asked[2], ResumeError::Closed), "{asked:?}");
    assert!(matches!(asked[3], ResumeError::Limited { .. }), "{asked:?}");
}

#[tokio::test]
async fn flows_that_are_ambiguous_cost_a_call_to_name() {
    let world = World::limited(Limits { ip_credentials: Limit::parse("3/1d").unwrap(), ..Limits::default() });
    let one = start(&world, &fixtures::phone(1), &stranger(11)).await.unwrap();
    let two = start(&world, &fixtures::phone(2), &stranger(12)).await.unwrap();

    let mut asked = Vec::new();
    for by_token in [&[&one][..], &[], &[&one], &[]] {
        asked.push(resumed(&world, by_token, &[&one, &two]).await.unwrap_err());
    }

    assert!(
        matches!(asked[..3], [ResumeError::Ambiguous, ResumeError::Ambiguous, ResumeError::Ambiguous]),
        "{asked:?}"
    );
    assert!(matches!(asked[3], ResumeError::Limited { .. }), "{asked:?}");
}

#[tokio::test]
async fn a_flow_that_body_and_cookie_name_is_one() {
    let world = World::new();
    let flow = start(&world, &fixtures::phone(1), &stranger(1)).await.unwrap();

    let named = resumed(&world, &[&flow], &[&flow]).await.unwrap();

    assert_eq!(named.map(|flow| flow.challenge.id), Some(world.id(&flow)));
}
