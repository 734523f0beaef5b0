//! The delivery status of the codes that were accepted.

use doorward_app::flow::Start;
use doorward_kernel::{AuditKind, ChallengeId, EpochId, PhoneChannel, PhoneChannels, Timestamp};
use doorward_notifier::{
    Claimed, CodeRef, CodeTemplate, Content, Delivery, DeliveryEnd, DeliveryOutcome, Entry, EntryState, FailureAction,
    Message, Recipient, Report, ReportOutcome, Verdict,
};
use doorward_otp::{Challenge, Subject};

use super::{
    Stores,
    outbox::{claim, dead, fresh, retry, sent, settle, tried},
    race::{CALLS, ROUNDS, count, race},
};
use crate::fixtures::{at, audit, challenge, message, phone, start};

cases![
    the_latest_code_of_a_challenge_is_found_at_every_stage,
    what_was_taken_says_by_whom_and_when,
    what_was_not_sent_is_kept_with_the_outcome_it_is_to_show,
    a_delivery_goes_forward_only,
    a_report_that_overtakes_the_settlement_stays,
    what_was_reported_on_is_sent_though_its_try_failed,
    what_was_reported_on_is_not_claimed_when_its_lease_ends,
    a_delivery_ends_the_wait_for_another_try,
    a_failure_leaves_another_try_to_come,
    a_failure_for_good_ends_the_wait_for_another_try,
    what_is_retried_by_hand_is_for_every_provider_again,
    a_provider_that_does_not_have_the_message_changes_nothing,
    a_first_failure_is_due_for_the_others,
    a_failure_takes_the_message_from_its_holder,
    a_second_failure_is_the_outcome,
    what_is_worth_nothing_any_more_is_not_sent_again,
    what_is_wanted_by_another_channel_is_not_sent_again,
    of_many_failures_at_once_one_sends_again,
    what_is_recent_has_an_outcome_or_expects_none,
    the_codes_of_challenges_that_were_taken_are_found_together,
];

const OTHER: &str = "other";
const GATEWAY: &str = "gateway";

/// Writes a code for its challenge.
async fn post(stores: &Stores, n: u32) -> Message {
    let challenge = Challenge { subject: Subject::Unclaimed, ..challenge(n) };
    let message = code_for(challenge.id, message(n));
    stores.flows().start(start_with(n, challenge, &message)).await.unwrap();
    message
}

fn code_for(challenge: ChallengeId, message: Message) -> Message {
    let code = CodeRef { challenge, epoch: EpochId(1), digits: 6 };
    Message { content: Content::Code { template: CodeTemplate::Login, code }, ..message }
}

fn start_with(n: u32, challenge: Challenge, message: &Message) -> Start {
    Start { message: Some(message.clone()), ..start(n, challenge) }
}

/// Writes a code that the gateway took at the fifth second.
async fn post_sent(stores: &Stores, n: u32) -> Message {
    let message = post(stores, n).await;
    settle(stores, &claim(stores, 0, 1).await[0], sent(GATEWAY)).await;
    message
}

fn challenge_of(message: &Message) -> ChallengeId {
    let Content::Code { code, .. } = message.content else { panic!("the message has no code") };
    code.challenge
}

async fn latest(stores: &Stores, message: &Message) -> Entry {
    stores.deliveries().latest(challenge_of(message)).await.unwrap().expect("there is a message for the challenge")
}

async fn report_of(
    stores: &Stores,
    message: &Message,
    (provider, outcome, seconds): (&str, DeliveryOutcome, u64),
    failure: FailureAction,
) -> ReportOutcome {
    let report = Report { id: message.id, provider: provider.to_owned(), outcome, at: at(seconds), failure };
    stores.deliveries().report(report).await.unwrap()
}

async fn report(stores: &Stores, message: &Message, told: (&str, DeliveryOutcome, u64)) -> ReportOutcome {
    report_of(stores, message, told, FailureAction::Keep).await
}

async fn failed(stores: &Stores, message: &Message, provider: &str, seconds: u64) -> ReportOutcome {
    report_of(stores, message, (provider, DeliveryOutcome::Failed, seconds), FailureAction::SendAgain).await
}

fn taken() -> Delivery {
    Delivery {
        provider: Some(GATEWAY.to_owned()),
        reference: Some("SM1".to_owned()),
        sent_at: Some(at(5)),
        ..Delivery::default()
    }
}

const fn end(outcome: DeliveryOutcome, at: Timestamp) -> DeliveryEnd {
    DeliveryEnd { outcome, at }
}

async fn the_latest_code_of_a_challenge_is_found_at_every_stage(stores: &Stores) {
    let message = post(stores, 1).await;
    let other = post(stores, 2).await;
    let unknown = ChallengeId::from_bytes([9; 16]);

    let waiting = EntryState::Waiting { next_try_at: message.created_at };
    assert_eq!(latest(stores, &message).await.state, waiting);
    assert_eq!(latest(stores, &other).await.message, other);
    assert_eq!(stores.deliveries().latest(unknown).await.unwrap(), None);
    for claimed in claim(stores, 0, 10).await {
        settle(stores, &claimed, if claimed.message == message { sent(GATEWAY) } else { dead() }).await;
    }
    let found = [latest(stores, &message).await, latest(stores, &other).await];
    assert_eq!(found.map(|entry| entry.state), [EntryState::Sent, EntryState::Dead { since: at(7) }]);
}

async fn what_was_taken_says_by_whom_and_when(stores: &Stores) {
    let message = post_sent(stores, 1).await;

    let entry = Entry { message: message.clone(), tries: 0, state: EntryState::Sent, failure: None, delivery: taken() };
    assert_eq!(latest(stores, &message).await, entry);
    assert_eq!(stores.outbox().find(message.id).await.unwrap(), Some(entry));
    assert_eq!(claim(stores, 1_000_000, 10).await, []);
}

async fn what_was_not_sent_is_kept_with_the_outcome_it_is_to_show(stores: &Stores) {
    let message = post(stores, 1).await;
    let end = Some(end(DeliveryOutcome::Delivered, at(9)));
    let unsent = Verdict::Sent { provider: None, reference: None, at: at(6), end };

    settle(stores, &claim(stores, 0, 1).await[0], unsent).await;

    assert_eq!(latest(stores, &message).await.delivery, Delivery { sent_at: Some(at(6)), end, ..Delivery::default() });
}

async fn a_delivery_goes_forward_only(stores: &Stores) {
    use DeliveryOutcome::{Delivered, Failed, Read};
    for (n, told) in (1..).zip([[Delivered, Failed, Read], [Failed, Delivered, Read], [Read, Delivered, Failed]]) {
        let message = post_sent(stores, n).await;

        let mut outcomes = Vec::new();
        for (seconds, outcome) in (10..).zip([told[0], told[0], told[1], told[2]]) {
            outcomes.push(report(stores, &message, (GATEWAY, outcome, seconds)).await);
        }

        let is_read = told[0] == Delivered;
        let last = if is_read { ReportOutcome::Noted } else { ReportOutcome::Ignored };
        let outcome = if is_read { Read } else { told[0] };
        assert_eq!(outcomes, [ReportOutcome::Noted, ReportOutcome::Ignored, ReportOutcome::Ignored, last], "{told:?}");
        let expected = Delivery { end: Some(end(outcome, at(10))), ..taken() };
        assert_eq!(latest(stores, &message).await.delivery, expected, "{told:?}");
    }
}

async fn a_report_that_overtakes_the_settlement_stays(stores: &Stores) {
    let message = post(stores, 1).await;
    let claimed = claim(stores, 0, 1).await;

    let noted = report(stores, &message, (GATEWAY, DeliveryOutcome::Delivered, 4)).await;
    settle(stores, &claimed[0], sent(GATEWAY)).await;

    assert_eq!(noted, ReportOutcome::Noted);
    let end = Some(end(DeliveryOutcome::Delivered, at(4)));
    let entry = latest(stores, &message).await;
    assert_eq!((entry.state, entry.delivery), (EntryState::Sent, Delivery { sent_at: Some(at(4)), end, ..taken() }));
}

async fn what_was_reported_on_is_sent_though_its_try_failed(stores: &Stores) {
    for (n, verdict) in (1..).zip([retry(50), dead(), Verdict::Wait { until: at(50) }]) {
        let message = post(stores, n).await;
        let claimed = claim(stores, 0, 1).await;

        report(stores, &message, (GATEWAY, DeliveryOutcome::Delivered, 4)).await;
        settle(stores, &claimed[0], verdict).await;

        let delivery = Delivery {
            provider: Some(GATEWAY.to_owned()),
            sent_at: Some(at(4)),
            end: Some(end(DeliveryOutcome::Delivered, at(4))),
            ..Delivery::default()
        };
        let entry = Entry { message: message.clone(), tries: 0, state: EntryState::Sent, failure: None, delivery };
        assert_eq!(latest(stores, &message).await, entry);
        assert_eq!(claim(stores, 100, 10).await, []);
    }
}

async fn what_was_reported_on_is_not_claimed_when_its_lease_ends(stores: &Stores) {
    for (n, outcome) in (1..).zip([DeliveryOutcome::Delivered, DeliveryOutcome::Failed]) {
        let message = post(stores, n).await;
        let claimed = claim(stores, 0, 1).await;

        report(stores, &message, (GATEWAY, outcome, 4)).await;

        assert_eq!(claim(stores, 100, 10).await, [], "{outcome:?}");
        assert_eq!(latest(stores, &message).await.state, EntryState::Sent, "{outcome:?}");
        settle(stores, &claimed[0], sent(GATEWAY)).await;
        let delivery = Delivery { sent_at: Some(at(4)), end: Some(end(outcome, at(4))), ..taken() };
        assert_eq!(latest(stores, &message).await.delivery, delivery, "{outcome:?}");
    }
}

async fn a_delivery_ends_the_wait_for_another_try(stores: &Stores) {
    let message = post(stores, 1).await;
    settle(stores, &claim(stores, 0, 1).await[0], retry(50)).await;

    assert_eq!(report(stores, &message, (GATEWAY, DeliveryOutcome::Delivered, 10)).await, ReportOutcome::Noted);

    assert_eq!(claim(stores, 50, 10).await, []);
    assert_eq!(latest(stores, &message).await.state, EntryState::Sent);
}

async fn a_failure_leaves_another_try_to_come(stores: &Stores) {
    let message = post(stores, 1).await;
    settle(stores, &claim(stores, 0, 1).await[0], retry(50)).await;

    assert_eq!(report(stores, &message, (GATEWAY, DeliveryOutcome::Failed, 10)).await, ReportOutcome::Ignored);

    assert_eq!(claim(stores, 50, 10).await, [tried(&message, 1, at(110))]);
}

async fn a_failure_for_good_ends_the_wait_for_another_try(stores: &Stores) {
    let message = post(stores, 1).await;
    settle(stores, &claim(stores, 0, 1).await[0], retry(50)).await;
    let failed = (GATEWAY, DeliveryOutcome::Failed, 10);

    assert_eq!(report_of(stores, &message, failed, FailureAction::GiveUp).await, ReportOutcome::Noted);

    assert_eq!(claim(stores, 50, 10).await, []);
    let entry = latest(stores, &message).await;
    assert_eq!((entry.state, entry.delivery.end), (EntryState::Sent, Some(end(DeliveryOutcome::Failed, at(10)))));
}

async fn what_is_retried_by_hand_is_for_every_provider_again(stores: &Stores) {
    for n in 1..=2 {
        let message = post_sent(stores, n).await;
        failed(stores, &message, GATEWAY, 6).await;
        settle(stores, &claim(stores, 6, 1).await[0], dead()).await;

        let event = audit(n, AuditKind::MessagesRetried);
        if n == 1 {
            stores.outbox().retry(message.id, at(8), event).await.unwrap();
        } else {
            stores.outbox().retry_dead(at(8), event).await.unwrap();
        }

        let claimed = claim(stores, 8, 10).await;
        assert_eq!(claimed, [fresh(&message, at(68))]);
        settle(stores, &claimed[0], Verdict::Done).await;
    }
}

async fn a_provider_that_does_not_have_the_message_changes_nothing(stores: &Stores) {
    let [unclaimed, message] = [post(stores, 1).await, message(2)];
    assert_eq!(report(stores, &unclaimed, (GATEWAY, DeliveryOutcome::Delivered, 4)).await, ReportOutcome::Ignored);
    assert_eq!(failed(stores, &message, GATEWAY, 4).await, ReportOutcome::Ignored, "there is no such message");
    settle(stores, &claim(stores, 0, 1).await[0], sent(GATEWAY)).await;

    assert_eq!(report(stores, &unclaimed, (OTHER, DeliveryOutcome::Delivered, 6)).await, ReportOutcome::Ignored);
    assert_eq!(failed(stores, &unclaimed, OTHER, 6).await, ReportOutcome::Ignored);

    assert_eq!(latest(stores, &unclaimed).await.delivery, taken());
}

async fn a_first_failure_is_due_for_the_others(stores: &Stores) {
    let message = post_sent(stores, 1).await;

    assert_eq!(failed(stores, &message, GATEWAY, 20).await, ReportOutcome::SentAgain);

    let entry = latest(stores, &message).await;
    let failed_provider = Some(GATEWAY.to_owned());
    let delivery = Delivery { failed_provider: failed_provider.clone(), sent_at: Some(at(5)), ..Delivery::default() };
    assert_eq!((entry.state, entry.delivery), (EntryState::Waiting { next_try_at: at(20) }, delivery));
    let claimed = claim(stores, 20, 10).await;
    assert_eq!(claimed, [Claimed { message: message.clone(), tries: 1, leased_until: at(80), failed_provider }]);
    assert_eq!(failed(stores, &message, GATEWAY, 21).await, ReportOutcome::Ignored, "another one has it");
    settle(stores, &claimed[0], sent(OTHER)).await;
    assert_eq!(report(stores, &message, (GATEWAY, DeliveryOutcome::Delivered, 22)).await, ReportOutcome::Ignored);
    assert_eq!(report(stores, &message, (OTHER, DeliveryOutcome::Delivered, 23)).await, ReportOutcome::Noted);
    let delivery = latest(stores, &message).await.delivery;
    assert_eq!(
        (delivery.provider.as_deref(), delivery.end),
        (Some(OTHER), Some(end(DeliveryOutcome::Delivered, at(23))))
    );
}

async fn a_failure_takes_the_message_from_its_holder(stores: &Stores) {
    let message = post(stores, 1).await;
    let held = claim(stores, 0, 1).await;

    assert_eq!(failed(stores, &message, GATEWAY, 4).await, ReportOutcome::SentAgain);
    for late in [sent(GATEWAY), retry(50), Verdict::Done] {
        settle(stores, &held[0], late).await;
    }

    let claimed = claim(stores, 4, 10).await;
    assert_eq!(claimed.iter().map(|claimed| &claimed.message).collect::<Vec<_>>(), [&message]);
}

async fn a_second_failure_is_the_outcome(stores: &Stores) {
    let message = post_sent(stores, 1).await;
    failed(stores, &message, GATEWAY, 20).await;
    settle(stores, &claim(stores, 20, 1).await[0], sent(OTHER)).await;

    assert_eq!(failed(stores, &message, OTHER, 30).await, ReportOutcome::Noted);

    let entry = latest(stores, &message).await;
    assert_eq!((entry.state, entry.delivery.end), (EntryState::Sent, Some(end(DeliveryOutcome::Failed, at(30)))));
}

async fn what_is_worth_nothing_any_more_is_not_sent_again(stores: &Stores) {
    let [expired, entered] = [post_sent(stores, 1).await, code_for(challenge(2).id, message(2))];
    let closed = Challenge { subject: Subject::Unclaimed, closed_at: Some(at(6)), ..challenge(2) };
    stores.flows().start(start_with(2, closed, &entered)).await.unwrap();
    settle(stores, &claim(stores, 0, 1).await[0], sent(GATEWAY)).await;
    let end_of_life = expired.expires_at.since(at(0)).as_secs();

    assert_eq!(failed(stores, &entered, GATEWAY, 7).await, ReportOutcome::Noted);
    assert_eq!(failed(stores, &expired, GATEWAY, end_of_life).await, ReportOutcome::Noted);
}

async fn what_is_wanted_by_another_channel_is_not_sent_again(stores: &Stores) {
    let voice = PhoneChannels::Only(PhoneChannel::Voice);
    for (n, wanted, expected) in
        [(1, PhoneChannels::WhatsAppOrSms, ReportOutcome::SentAgain), (2, voice, ReportOutcome::Noted)]
    {
        let challenge = Challenge { subject: Subject::Unclaimed, phone_channels: wanted, ..challenge(n) };
        let recipient = Recipient::Phone(phone(n), PhoneChannels::WhatsAppOrSms);
        let message = code_for(challenge.id, Message { recipient, ..message(n) });
        stores.flows().start(start_with(n, challenge, &message)).await.unwrap();
        settle(stores, &claim(stores, 0, 1).await[0], sent(GATEWAY)).await;

        assert_eq!(failed(stores, &message, GATEWAY, 7).await, expected, "{wanted:?}");
    }
}

async fn of_many_failures_at_once_one_sends_again(stores: &Stores) {
    for round in 0..ROUNDS {
        let message = post_sent(stores, round).await;

        let outcomes = race(stores, 0..CALLS, |stores, _| {
            let message = message.clone();
            async move { failed(&stores, &message, GATEWAY, 20).await }
        })
        .await;

        assert_eq!(count(&outcomes, &ReportOutcome::SentAgain), 1);
        assert_eq!(count(&outcomes, &ReportOutcome::Ignored), outcomes.len() - 1);
        settle(stores, &claim(stores, 20, 1).await[0], sent(OTHER)).await;
    }
}

async fn the_codes_of_challenges_that_were_taken_are_found_together(stores: &Stores) {
    let [first, second] = [post_sent(stores, 1).await, post_sent(stores, 2).await];
    let [other, waiting] = [post_sent(stores, 3).await, post(stores, 4).await];
    let of = async |challenges: &[ChallengeId]| {
        let taken = stores.deliveries().taken(challenges).await.unwrap();
        let mut taken: Vec<_> = taken.into_iter().map(|entry| (entry.message.id, entry.delivery)).collect();
        taken.sort_by_key(|(id, _)| *id);
        taken
    };

    let found = of(&[&first, &second, &waiting].map(challenge_of)).await;

    assert_eq!(found, [(first.id, taken()), (second.id, taken())]);
    assert_eq!(of(&[challenge_of(&other)]).await, [(other.id, taken())]);
}

async fn what_is_recent_has_an_outcome_or_expects_none(stores: &Stores) {
    let delivered = post_sent(stores, 1).await;
    report(stores, &delivered, (GATEWAY, DeliveryOutcome::Delivered, 6)).await;
    let untold = post_sent(stores, 2).await;
    let given_up = post(stores, 3).await;
    settle(stores, &claim(stores, 0, 1).await[0], dead()).await;
    let unsent = post(stores, 4).await;
    let end = Some(end(DeliveryOutcome::Delivered, at(9)));
    settle(stores, &claim(stores, 0, 1).await[0], Verdict::Sent { provider: None, reference: None, at: at(6), end })
        .await;
    post(stores, 5).await;
    let recent = async |now, limit| {
        let recent = stores.deliveries().recent(now, limit).await.unwrap();
        recent.into_iter().map(|entry| entry.message.id).collect::<Vec<_>>()
    };
    let sorted = |mut messages: Vec<&Message>| {
        messages.sort_by_key(|message| std::cmp::Reverse((message.expires_at, message.id)));
        messages.into_iter().map(|message| message.id).collect::<Vec<_>>()
    };

    assert_eq!(recent(at(10), 10).await, sorted(vec![&delivered, &given_up]));
    assert_eq!(recent(untold.expires_at, 10).await, sorted(vec![&delivered, &untold, &given_up]));
    assert_eq!(recent(untold.expires_at, 1).await.len(), 1);
    assert!(!recent(unsent.expires_at, 10).await.contains(&unsent.id));
}
