//! Found by id, and their tries counted.

use std::time::Duration;

use doorward_app::flow::{Advance, CountOutcome, FlowKind};
use doorward_kernel::{AuditEvent, AuditKind, ChallengeId, EpochId, Locale, PhoneChannels, SessionId, Timestamp};
use doorward_otp::{Challenge, Channel, Digits, KnownDevice, Purpose, Step, Subject, Target, Verified};

use super::{
    Stores,
    race::{CALLS, ROUNDS, count, race},
    scene::{challenge_now, is_recorded, started, traces},
};
use crate::fixtures::{at, audit, challenge, challenge_of, email, id, phone, start, start_registration, user, user_id};

cases![
    what_was_never_started_is_not_found,
    every_kind_of_challenge_reads_back_as_it_was_started,
    every_field_of_a_challenge_is_kept,
    a_wrong_try_is_counted_and_recorded,
    the_last_wrong_try_ends_the_challenge,
    a_challenge_ends_at_its_last_instant,
    a_closed_or_unknown_challenge_counts_nothing,
    of_200_wrong_tries_at_once_as_many_count_as_are_left,
    what_ended_before_is_forgotten_and_the_rest_is_kept,
    registrations_and_other_flows_are_forgotten_apart,
    the_draft_of_a_forgotten_registration_is_forgotten_too,
    no_more_are_forgotten_than_the_limit,
    what_many_purge_at_once_is_told_once,
];

fn wrong(n: u32, challenge: &Challenge) -> AuditEvent {
    let user = challenge.user();
    AuditEvent { user, challenge: Some(challenge.id), at: at(1), ..audit(n, AuditKind::FlowFailed) }
}

async fn count_wrong(stores: &Stores, n: u32, challenge: &Challenge, now: Timestamp) -> CountOutcome {
    stores.flows().count_wrong(challenge.id, now, wrong(n, challenge)).await.unwrap()
}

async fn what_was_never_started_is_not_found(stores: &Stores) {
    let found = stores.flows().find(ChallengeId::from_bytes([9; 16])).await.unwrap().map(|flow| flow.challenge);

    assert_eq!(found, None);
}

async fn every_kind_of_challenge_reads_back_as_it_was_started(stores: &Stores) {
    use Purpose::{Bind, ChangeEmail, ChangePhone, Login, Register, ResetPassword, StepUp};
    let purposes = [Register, Login, ChangeEmail, ChangePhone, ResetPassword, StepUp, Bind];
    let steps = [Step::EmailCode, Step::PhoneCode, Step::Totp, Step::Password, Step::FirstLogin];
    let subjects = [Subject::Account(user_id(1)), Subject::Unclaimed, Subject::Withheld(user_id(1)), Subject::Decoy];
    for (i, purpose) in (0..).zip(purposes) {
        for (step, target) in steps.into_iter().zip([Target::Email(email(i)), Target::Phone(phone(i))].iter().cycle()) {
            let subject = *subjects.iter().cycle().nth(i as usize).unwrap();
            let plain = challenge_of(i, (purpose, step), target.clone(), subject);

            let challenge = started(stores, i, plain).await;

            assert_eq!(challenge_now(stores, challenge.id).await, challenge);
        }
    }
}

async fn every_field_of_a_challenge_is_kept(stores: &Stores) {
    let rich = Challenge {
        locale: Locale::De,
        phone_channels: PhoneChannels::WhatsAppOrSms,
        verified: Verified::default().and(Channel::Password).and(Channel::Sms),
        session: Some(SessionId::from_bytes(id("session", 1))),
        known_device: Some(KnownDevice([0xfe; 32])),
        epoch: EpochId(i32::MAX),
        digits: Digits::new(8).unwrap(),
        tries: 3,
        max_tries: u8::MAX,
        sends: 200,
        sent_at: at(7) + Duration::from_micros(1),
        created_at: at(3) + Duration::from_micros(2),
        expires_at: at(9) + Duration::from_micros(3),
        ..challenge(1)
    };

    started(stores, 1, rich.clone()).await;

    assert_eq!(challenge_now(stores, rich.id).await, rich);
}

async fn a_wrong_try_is_counted_and_recorded(stores: &Stores) {
    let challenge = started(stores, 1, challenge(1)).await;

    let outcome = count_wrong(stores, 1, &challenge, at(1)).await;

    assert_eq!(outcome, CountOutcome::Counted { attempts_left: 4 });
    assert_eq!(challenge_now(stores, challenge.id).await, Challenge { tries: 1, ..challenge.clone() });
    assert!(is_recorded(stores, &wrong(1, &challenge)).await);
}

async fn the_last_wrong_try_ends_the_challenge(stores: &Stores) {
    let challenge = started(stores, 1, Challenge { max_tries: 2, ..challenge(1) }).await;

    let outcomes = [
        count_wrong(stores, 1, &challenge, at(1)).await,
        count_wrong(stores, 2, &challenge, at(1)).await,
        count_wrong(stores, 3, &challenge, at(1)).await,
    ];

    let counted = |attempts_left| CountOutcome::Counted { attempts_left };
    assert_eq!(outcomes, [counted(1), counted(0), CountOutcome::Closed]);
    let challenge = challenge_now(stores, challenge.id).await;
    assert!(challenge.denial(at(1)).is_some());
    assert_eq!(challenge.tries, 2);
    assert!(!is_recorded(stores, &wrong(3, &challenge)).await);
}

async fn a_challenge_ends_at_its_last_instant(stores: &Stores) {
    let challenge = started(stores, 1, challenge(1)).await;

    let too_late = count_wrong(stores, 1, &challenge, challenge.expires_at).await;
    let just_in_time = count_wrong(stores, 2, &challenge, challenge.expires_at - Duration::from_micros(1)).await;

    assert_eq!(too_late, CountOutcome::Closed);
    assert_eq!(just_in_time, CountOutcome::Counted { attempts_left: 4 });
    assert!(!is_recorded(stores, &wrong(1, &challenge)).await);
}

async fn a_closed_or_unknown_challenge_counts_nothing(stores: &Stores) {
    let (closed, unknown) = (started(stores, 1, challenge(1)).await, challenge(3));
    let next = start(2, challenge(2));
    stores.flows().advance(Advance { done: closed.id, next, now: at(1) }).await.unwrap();
    let before = traces(stores).await;

    assert_eq!(count_wrong(stores, 1, &closed, at(2)).await, CountOutcome::Closed);
    assert_eq!(count_wrong(stores, 2, &unknown, at(2)).await, CountOutcome::Closed);

    assert_eq!(challenge_now(stores, closed.id).await.tries, 0);
    assert_eq!(traces(stores).await, before);
}

async fn of_200_wrong_tries_at_once_as_many_count_as_are_left(stores: &Stores) {
    for round in 0..ROUNDS {
        let challenge = started(stores, round, challenge(round)).await;

        let tries = (0..200).map(|i| (challenge.clone(), round * 1000 + i));
        let outcomes =
            race(
                stores,
                tries,
                |stores, (challenge, n)| async move { count_wrong(&stores, n, &challenge, at(1)).await },
            )
            .await;

        for attempts_left in 0..5 {
            assert_eq!(count(&outcomes, &CountOutcome::Counted { attempts_left }), 1, "{attempts_left} left");
        }
        assert_eq!(count(&outcomes, &CountOutcome::Closed), 195);
        assert_eq!(challenge_now(stores, challenge.id).await.tries, 5);
        let events = stores.audit.events().await;
        let failed = |event: &&AuditEvent| event.kind == AuditKind::FlowFailed && event.challenge == Some(challenge.id);
        assert_eq!(events.iter().filter(failed).count(), 5);
    }
}

async fn what_ended_before_is_forgotten_and_the_rest_is_kept(stores: &Stores) {
    let ending = |n, seconds| Challenge { expires_at: at(seconds), ..challenge(n) };
    let expired = started(stores, 1, ending(1, 9)).await;
    let just_expiring = started(stores, 2, ending(2, 10)).await;
    let [closed, closing] = [started(stores, 3, ending(3, 99)).await, started(stores, 4, ending(4, 99)).await];
    let [open, still_open] = [ending(5, 99), ending(6, 99)];
    for (done, next, seconds) in [(&closed, &open, 9), (&closing, &still_open, 10)] {
        let next = start(next.id.to_bytes()[15].into(), next.clone());
        stores.flows().advance(Advance { done: done.id, next, now: at(seconds) }).await.unwrap();
    }

    let forgotten = stores.flows().purge_ended(FlowKind::Other, at(10), 100).await.unwrap();

    assert_eq!(forgotten, 2);
    for (challenge, is_kept) in [
        (&expired, false),
        (&just_expiring, true),
        (&closed, false),
        (&closing, true),
        (&open, true),
        (&still_open, true),
    ] {
        let found = stores.flows().find(challenge.id).await.unwrap().map(|flow| flow.challenge);
        assert_eq!(found.is_some(), is_kept, "{:?} until {:?}", challenge.id, challenge.expires_at);
    }
}

async fn registrations_and_other_flows_are_forgotten_apart(stores: &Stores) {
    let registration = start_registration(1, &user(1)).flow.challenge;
    stores.registrations().start(start_registration(1, &user(1))).await.unwrap();
    let login = started(stores, 2, challenge(2)).await;

    assert_eq!(stores.flows().purge_ended(FlowKind::Registration, at(100_000), 10).await.unwrap(), 1);
    assert_eq!(stores.flows().find(registration.id).await.unwrap().map(|flow| flow.challenge), None);
    assert!(stores.flows().find(login.id).await.unwrap().map(|flow| flow.challenge).is_some());

    assert_eq!(stores.flows().purge_ended(FlowKind::Registration, at(100_000), 10).await.unwrap(), 0);
    assert_eq!(stores.flows().purge_ended(FlowKind::Other, at(100_000), 10).await.unwrap(), 1);
}

async fn the_draft_of_a_forgotten_registration_is_forgotten_too(stores: &Stores) {
    let registration = start_registration(1, &user(1));
    let challenge = registration.flow.challenge.clone();
    stores.registrations().start(registration).await.unwrap();

    let forgotten = stores
        .flows()
        .purge_ended(FlowKind::Registration, challenge.expires_at + Duration::from_micros(1), 100)
        .await
        .unwrap();

    assert_eq!(forgotten, 1);
    assert_eq!(stores.registrations().draft(challenge.id).await.unwrap(), None);
}

async fn no_more_are_forgotten_than_the_limit(stores: &Stores) {
    for n in 0..5 {
        started(stores, n, challenge(n)).await;
    }

    let mut forgotten = Vec::new();
    for _ in 0..4 {
        forgotten.push(stores.flows().purge_ended(FlowKind::Other, at(1000), 2).await.unwrap());
    }

    assert_eq!(forgotten, [2, 2, 1, 0]);
}

async fn what_many_purge_at_once_is_told_once(stores: &Stores) {
    for n in 0..CALLS {
        started(stores, n, challenge(n)).await;
    }

    let forgotten = race(stores, 0..CALLS, |stores, _| async move {
        stores.flows().purge_ended(FlowKind::Other, at(1000), 3).await.unwrap()
    })
    .await;

    let rest = stores.flows().purge_ended(FlowKind::Other, at(1000), 1000).await.unwrap();
    assert_eq!(forgotten.iter().sum::<u64>() + rest, u64::from(CALLS));
}
