//! Started, sent again and moved on.

use doorward_app::flow::{Advance, AdvanceOutcome, FoundFlow, Resend, ResendOutcome, Start};
use doorward_kernel::{AuditKind, ChallengeId, PhoneChannel, PhoneChannels};
use doorward_otp::{Challenge, Purpose, Step, Subject, Target};

use super::{
    Stores,
    race::{CALLS, ROUNDS, count, race},
    scene::{challenge_now, is_id_waiting, is_open, is_recorded, is_waiting, signed_in, started, traces, waiting},
};
use crate::fixtures::{at, audit, challenge, challenge_of, code_message, message, phone, start, user};

cases![
    a_start_writes_challenge_message_and_event,
    a_flow_is_found_with_its_account_where_there_is_one,
    a_start_without_a_message_sends_nothing,
    a_start_that_fails_leaves_nothing,
    a_resend_is_counted_sent_and_recorded,
    a_resend_without_a_message_is_counted_and_sends_nothing,
    a_resend_that_saw_another_count_is_lost,
    a_resend_needs_an_open_challenge,
    of_many_resends_at_once_one_is_written,
    an_advance_closes_one_challenge_and_starts_the_next,
    an_advance_needs_an_open_challenge,
    an_advance_that_fails_closes_nothing,
    of_many_advances_at_once_one_wins,
];

fn resend(n: u32, challenge: &Challenge) -> Resend {
    let sent = Challenge { sent_at: at(30), ..challenge.clone() };
    Resend {
        challenge: challenge.id,
        sends: challenge.sends,
        now: at(30),
        phone_channels: PhoneChannels::Only(PhoneChannel::Voice),
        message: code_message(1000 + n, &sent),
        audit: audit(n, AuditKind::FlowResent),
    }
}

fn next(n: u32) -> Start {
    let n = 50_000 + n;
    start(n, challenge_of(n, (Purpose::Login, Step::PhoneCode), Target::Phone(phone(1)), Subject::Unclaimed))
}

/// Challenges that are closed, exhausted and unknown.
async fn not_open(stores: &Stores) -> [Challenge; 3] {
    let closed = started(stores, 1, challenge(1)).await;
    let advance = Advance { done: closed.id, next: next(1), now: at(1) };
    stores.flows().advance(advance).await.unwrap();
    let exhausted = started(stores, 2, Challenge { tries: 5, ..challenge(2) }).await;
    [closed, exhausted, challenge(3)]
}

async fn a_start_writes_challenge_message_and_event(stores: &Stores) {
    let start = start(1, challenge(1));

    stores.flows().start(start.clone()).await.unwrap();

    assert_eq!(challenge_now(stores, start.challenge.id).await, start.challenge);
    assert_eq!(waiting(stores).await, Vec::from_iter(start.message));
    assert_eq!(stores.audit.events().await, [start.audit]);
}

async fn a_flow_is_found_with_its_account_where_there_is_one(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let mut expected = Vec::new();
    let is_to_be_made = Subject::Account(user(9).id);
    let [sent, withheld] = [Subject::Account(owner.id), Subject::Withheld(owner.id)];
    for (n, subject) in (2..).zip([sent, withheld, Subject::Unclaimed, Subject::Decoy, is_to_be_made]) {
        let challenge = started(stores, n, Challenge { subject, ..challenge(n) }).await;
        let account = [sent, withheld].contains(&subject).then(|| owner.clone());
        expected.push(FoundFlow { challenge, account });
    }

    for found in expected {
        assert_eq!(stores.flows().find(found.challenge.id).await.unwrap(), Some(found));
    }
    assert_eq!(stores.flows().find(challenge(99).id).await.unwrap(), None);
}

async fn a_start_without_a_message_sends_nothing(stores: &Stores) {
    let decoy = Challenge { subject: Subject::Decoy, ..challenge(1) };
    let start = Start { message: None, ..start(1, decoy) };

    stores.flows().start(start.clone()).await.unwrap();

    assert_eq!(waiting(stores).await, []);
    assert_eq!(challenge_now(stores, start.challenge.id).await, start.challenge);
}

async fn a_start_that_fails_leaves_nothing(stores: &Stores) {
    let first = Start { message: Some(message(1)), ..start(1, challenge(1)) };
    stores.flows().start(first.clone()).await.unwrap();
    let same_message = Start { message: Some(message(1)), ..start(2, challenge(2)) };
    let same_challenge = Start { audit: audit(3, AuditKind::FlowStarted), ..start(3, challenge(1)) };

    assert!(stores.flows().start(same_message.clone()).await.is_err());
    assert!(stores.flows().start(same_challenge).await.is_err());

    assert_eq!(stores.flows().find(same_message.challenge.id).await.unwrap().map(|flow| flow.challenge), None);
    assert_eq!(waiting(stores).await, [message(1)]);
    assert_eq!(stores.audit.events().await, [first.audit]);
}

async fn a_resend_is_counted_sent_and_recorded(stores: &Stores) {
    let challenge = started(stores, 1, challenge(1)).await;
    let resend = resend(1, &challenge);

    let outcome = stores.flows().resend(resend.clone()).await.unwrap();

    assert_eq!(outcome, ResendOutcome::Resent);
    let expected = Challenge { sends: 2, sent_at: at(30), phone_channels: resend.phone_channels, ..challenge.clone() };
    assert_eq!(challenge_now(stores, challenge.id).await, expected);
    assert!(is_waiting(stores, &resend.message.unwrap()).await);
    assert!(is_recorded(stores, &resend.audit).await);
}

async fn a_resend_without_a_message_is_counted_and_sends_nothing(stores: &Stores) {
    let challenge = started(stores, 1, challenge(1)).await;
    let before = waiting(stores).await.len();

    let outcome = stores.flows().resend(Resend { message: None, ..resend(1, &challenge) }).await.unwrap();

    assert_eq!(outcome, ResendOutcome::Resent);
    assert_eq!(challenge_now(stores, challenge.id).await.sends, 2);
    assert_eq!(waiting(stores).await.len(), before);
}

async fn a_resend_that_saw_another_count_is_lost(stores: &Stores) {
    let challenge = started(stores, 1, Challenge { sends: 2, ..challenge(1) }).await;
    let before = traces(stores).await;

    for sends in [1, 3] {
        let resend = Resend { sends, ..resend(sends.into(), &challenge) };
        assert_eq!(stores.flows().resend(resend).await.unwrap(), ResendOutcome::Conflict);
    }

    assert_eq!(challenge_now(stores, challenge.id).await, challenge);
    assert_eq!(traces(stores).await, before);
}

async fn a_resend_needs_an_open_challenge(stores: &Stores) {
    let expired = started(stores, 4, Challenge { expires_at: at(30), ..challenge(4) }).await;
    let challenges = not_open(stores).await;
    let before = traces(stores).await;

    for (n, challenge) in (1..).zip(challenges.iter().chain([&expired])) {
        assert_eq!(stores.flows().resend(resend(n, challenge)).await.unwrap(), ResendOutcome::Conflict, "{n}");
    }

    assert_eq!(challenge_now(stores, expired.id).await, expired);
    assert_eq!(traces(stores).await, before);
}

async fn of_many_resends_at_once_one_is_written(stores: &Stores) {
    for round in 0..ROUNDS {
        let challenge = started(stores, round, challenge(round)).await;
        let (sent, recorded) = traces(stores).await;

        let resends = (0..CALLS).map(|i| resend(round * 100 + i, &challenge));
        let outcomes =
            race(stores, resends, |stores, resend| async move { stores.flows().resend(resend).await.unwrap() }).await;

        assert_eq!(count(&outcomes, &ResendOutcome::Resent), 1);
        assert_eq!(challenge_now(stores, challenge.id).await.sends, 2);
        assert_eq!(traces(stores).await, (sent + 1, recorded + 1));
    }
}

async fn an_advance_closes_one_challenge_and_starts_the_next(stores: &Stores) {
    let done = started(stores, 1, challenge(1)).await;
    let next = next(1);

    let outcome = stores.flows().advance(Advance { done: done.id, next: next.clone(), now: at(1) }).await.unwrap();

    assert_eq!(outcome, AdvanceOutcome::Advanced);
    let expected = Challenge { closed_at: Some(at(1)), successor: Some(next.challenge.id), ..done };
    assert_eq!(challenge_now(stores, expected.id).await, expected);
    assert_eq!(challenge_now(stores, next.challenge.id).await, next.challenge);
    assert!(is_waiting(stores, &next.message.unwrap()).await);
    assert!(is_recorded(stores, &next.audit).await);
}

async fn an_advance_needs_an_open_challenge(stores: &Stores) {
    let expired = started(stores, 4, Challenge { expires_at: at(30), ..challenge(4) }).await;
    let challenges = not_open(stores).await;
    let before = traces(stores).await;

    for (n, done) in (10..).zip(challenges.iter().chain([&expired])) {
        let advance = Advance { done: done.id, next: next(n), now: at(30) };
        let next = advance.next.challenge.id;
        assert_eq!(stores.flows().advance(advance).await.unwrap(), AdvanceOutcome::Closed, "{n}");
        assert_eq!(stores.flows().find(next).await.unwrap().map(|flow| flow.challenge), None);
    }

    assert_eq!(challenge_now(stores, expired.id).await, expired);
    assert_eq!(traces(stores).await, before);
}

async fn an_advance_that_fails_closes_nothing(stores: &Stores) {
    let done = started(stores, 1, challenge(1)).await;
    let taken = started(stores, 2, challenge(2)).await;
    let next = Start { challenge: taken, ..next(3) };

    let failed = stores.flows().advance(Advance { done: done.id, next: next.clone(), now: at(1) }).await;

    assert!(failed.is_err());
    assert!(is_open(stores, done.id, at(1)).await);
    assert!(!is_id_waiting(stores, next.message.unwrap().id).await);
}

async fn of_many_advances_at_once_one_wins(stores: &Stores) {
    for round in 0..ROUNDS {
        let done = started(stores, round, challenge(round)).await;
        let (sent, recorded) = traces(stores).await;

        let advances = (0..CALLS).map(|i| Advance { done: done.id, next: next(round * 100 + i), now: at(1) });
        let advances: Vec<_> = advances.collect();
        let all: Vec<ChallengeId> = advances.iter().map(|advance| advance.next.challenge.id).collect();
        let outcomes =
            race(stores, advances, |stores, advance| async move { stores.flows().advance(advance).await.unwrap() })
                .await;

        assert_eq!(count(&outcomes, &AdvanceOutcome::Advanced), 1);
        let mut opened = 0;
        for id in all {
            opened += usize::from(stores.flows().find(id).await.unwrap().map(|flow| flow.challenge).is_some());
        }
        assert_eq!(opened, 1);
        assert_eq!(traces(stores).await, (sent + 1, recorded + 1));
    }
}
