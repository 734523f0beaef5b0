//! Messages that wait to be sent.

use std::{collections::HashSet, time::Duration};

use doorward_app::flow::Start;
use doorward_kernel::{ChallengeId, ChangeId, EpochId, Locale, MessageId, PhoneChannel, PhoneChannels, Timestamp};
use doorward_notifier::{
    Claimed, CodeRef, CodeTemplate, Content, Message, NoticeTemplate, Recipient, Settlement, Verdict,
};
use doorward_otp::{Challenge, Subject};

use super::{
    Stores,
    race::{CALLS, ROUNDS, race},
    scene::far,
};
use crate::fixtures::{at, challenge, email, id, message, notice, phone, start};

cases![
    an_empty_outbox_gives_nothing,
    every_kind_of_message_reads_back_as_it_was_written,
    a_message_is_due_at_once,
    the_oldest_due_are_claimed_first_and_no_more_than_the_limit,
    a_leased_message_is_not_claimed_until_its_lease_ends,
    a_message_written_under_a_lease_is_its_holders_until_that_ends,
    what_is_done_is_forgotten,
    a_retry_counts_the_try_and_waits,
    what_waits_for_others_is_due_then_and_has_no_try_counted,
    a_retry_is_due_by_its_own_instant,
    a_dead_message_is_never_claimed_again,
    a_message_past_its_use_is_claimed_so_that_it_can_be_forgotten,
    a_settlement_under_another_lease_changes_nothing,
    a_late_settlement_holds_if_nobody_else_has_claimed,
    a_settlement_of_what_is_gone_changes_nothing,
    many_messages_are_settled_in_one_step,
    no_message_is_held_by_two_workers,
    of_many_settlements_at_once_one_counts,
];

/// Writes a message, together with a challenge as the ports demand.
pub(super) async fn post(stores: &Stores, n: u32, message: Message) -> Message {
    let challenge = Challenge { subject: Subject::Unclaimed, ..challenge(n) };
    stores.flows().start(Start { message: Some(message.clone()), ..start(n, challenge) }).await.unwrap();
    message
}

pub(super) async fn claim(stores: &Stores, seconds: u64, limit: u32) -> Vec<Claimed> {
    stores.outbox().claim(at(seconds), at(seconds + 60), limit).await.unwrap()
}

pub(super) async fn settle(stores: &Stores, claimed: &Claimed, verdict: Verdict) {
    let settlement = Settlement { id: claimed.message.id, leased_until: claimed.leased_until, verdict };
    stores.outbox().settle(vec![settlement]).await.unwrap();
}

pub(super) fn fresh(message: &Message, leased_until: Timestamp) -> Claimed {
    tried(message, 0, leased_until)
}

pub(super) fn tried(message: &Message, tries: u32, leased_until: Timestamp) -> Claimed {
    Claimed { message: message.clone(), tries, leased_until, failed_provider: None }
}

pub(super) fn retry(seconds: u64) -> Verdict {
    Verdict::Retry { at: at(seconds), reason: "the provider is busy".to_owned() }
}

pub(super) fn sent(provider: &str) -> Verdict {
    let reference = Some("SM1".to_owned());
    Verdict::Sent { provider: Some(provider.to_owned()), reference, at: at(5), end: None }
}

pub(super) fn dead() -> Verdict {
    Verdict::Dead { at: at(7), reason: "no such mailbox — ever".to_owned() }
}

async fn an_empty_outbox_gives_nothing(stores: &Stores) {
    assert_eq!(claim(stores, 0, 10).await, []);
}

const WHATSAPP: PhoneChannels = PhoneChannels::Only(PhoneChannel::WhatsApp);
const VOICE: PhoneChannels = PhoneChannels::Only(PhoneChannel::Voice);

async fn every_kind_of_message_reads_back_as_it_was_written(stores: &Stores) {
    let mut messages = Vec::new();
    for (n, template) in (0..).zip(CodeTemplate::ALL) {
        let code = CodeRef { challenge: ChallengeId::from_bytes(id("code", n)), epoch: EpochId(i32::MAX), digits: 8 };
        let content = Content::Code { template: *template, code };
        let id = MessageId::from_bytes(id("code", n));
        let channels = [PhoneChannels::SMS, WHATSAPP, VOICE, PhoneChannels::WhatsAppOrSms];
        let recipient = Recipient::Phone(phone(n), channels[n as usize % channels.len()]);
        messages.push(Message { id, recipient, content, locale: Locale::De, ..message(n) });
    }
    let code = CodeRef { challenge: ChallengeId::from_bytes(id("code", 50)), epoch: EpochId(1), digits: 6 };
    messages.push(Message { content: Content::Decoy { code }, ..message(50) });
    for (n, template) in (100..).zip(NoticeTemplate::ALL) {
        let detail = (n % 2 == 0).then(|| "ž***@bücher.example".to_owned());
        let undo = (n % 3 == 0).then(|| ChangeId::from_bytes(id("change", n)));
        let content = Content::Notice { template: *template, detail, undo };
        let micro = Duration::from_micros(n.into());
        let message = notice(n, *template, &email(n));
        let (created_at, expires_at) = (message.created_at + micro, message.expires_at + micro);
        messages.push(Message { content, created_at, expires_at, ..message });
    }

    for (n, message) in (0..).zip(&messages) {
        post(stores, n, message.clone()).await;
    }

    let claimed = claim(stores, 1, 100).await;
    assert_eq!(claimed.len(), messages.len());
    for message in &messages {
        assert!(claimed.contains(&fresh(message, at(61))), "{message:?}");
    }
}

async fn a_message_is_due_at_once(stores: &Stores) {
    let message = post(stores, 1, message(1)).await;

    assert_eq!(claim(stores, 0, 10).await, [fresh(&message, at(60))]);
}

async fn the_oldest_due_are_claimed_first_and_no_more_than_the_limit(stores: &Stores) {
    let aged = |n, seconds| Message { created_at: at(seconds), ..message(n) };
    let last = post(stores, 1, aged(1, 3)).await;
    let first = post(stores, 2, aged(2, 1)).await;
    let second = post(stores, 3, aged(3, 2)).await;

    let claimed = claim(stores, 10, 2).await;
    let rest = claim(stores, 10, 2).await;

    assert_eq!(claimed, [fresh(&first, at(70)), fresh(&second, at(70))]);
    assert_eq!(rest, [fresh(&last, at(70))]);
}

async fn a_leased_message_is_not_claimed_until_its_lease_ends(stores: &Stores) {
    let message = post(stores, 1, message(1)).await;
    claim(stores, 0, 10).await;

    let held = stores.outbox().claim(at(60) - Duration::from_micros(1), at(99), 10).await.unwrap();
    let free = stores.outbox().claim(at(60), at(99), 10).await.unwrap();

    assert_eq!(held, []);
    assert_eq!(free, [fresh(&message, at(99))]);
}

async fn a_message_written_under_a_lease_is_its_holders_until_that_ends(stores: &Stores) {
    let held = |n| Start {
        message: Some(message(n)),
        leased_until: Some(at(30)),
        ..start(n, Challenge { subject: Subject::Unclaimed, ..challenge(n) })
    };
    stores.flows().start(held(1)).await.unwrap();
    stores.flows().start(held(2)).await.unwrap();

    assert_eq!(claim(stores, 29, 10).await, []);
    settle(stores, &fresh(&message(1), at(30)), Verdict::Done).await;
    assert_eq!(claim(stores, 30, 10).await, [fresh(&message(2), at(90))]);
    // Whoever held it first comes too late.
    settle(stores, &fresh(&message(2), at(30)), Verdict::Done).await;
    assert_eq!(claim(stores, 90, 10).await, [fresh(&message(2), at(150))]);
}

async fn what_is_done_is_forgotten(stores: &Stores) {
    post(stores, 1, message(1)).await;
    let claimed = claim(stores, 0, 10).await;

    settle(stores, &claimed[0], Verdict::Done).await;

    assert_eq!(stores.outbox().claim(far(), far(), 10).await.unwrap(), []);
}

async fn a_retry_counts_the_try_and_waits(stores: &Stores) {
    let message = post(stores, 1, message(1)).await;
    let claimed = claim(stores, 0, 10).await;

    settle(stores, &claimed[0], retry(30)).await;

    assert_eq!(stores.outbox().claim(at(30) - Duration::from_micros(1), at(99), 10).await.unwrap(), []);
    let second = stores.outbox().claim(at(30), at(99), 10).await.unwrap();
    assert_eq!(second, [tried(&message, 1, at(99))]);
    settle(stores, &second[0], retry(100)).await;
    assert_eq!(claim(stores, 100, 10).await, [tried(&message, 2, at(160))]);
}

async fn what_waits_for_others_is_due_then_and_has_no_try_counted(stores: &Stores) {
    let message = post(stores, 1, message(1)).await;
    let claimed = claim(stores, 0, 10).await;

    settle(stores, &claimed[0], Verdict::Wait { until: at(30) }).await;

    assert_eq!(stores.outbox().claim(at(30) - Duration::from_micros(1), at(99), 10).await.unwrap(), []);
    assert_eq!(claim(stores, 30, 10).await, [fresh(&message, at(90))]);
}

async fn a_retry_is_due_by_its_own_instant(stores: &Stores) {
    let [first, second] = [post(stores, 1, message(1)).await, post(stores, 2, message(2)).await];
    for claimed in claim(stores, 0, 10).await {
        let seconds = if claimed.message == first { 20 } else { 10 };
        settle(stores, &claimed, retry(seconds)).await;
    }

    let due: Vec<_> = claim(stores, 30, 10).await.into_iter().map(|claimed| claimed.message).collect();

    assert_eq!(due, [second, first]);
}

async fn a_dead_message_is_never_claimed_again(stores: &Stores) {
    post(stores, 1, message(1)).await;
    let claimed = claim(stores, 0, 10).await;

    settle(stores, &claimed[0], dead()).await;

    assert_eq!(stores.outbox().claim(far(), far(), 10).await.unwrap(), []);
}

async fn a_message_past_its_use_is_claimed_so_that_it_can_be_forgotten(stores: &Stores) {
    let message = post(stores, 1, Message { expires_at: at(1), ..message(1) }).await;

    assert_eq!(claim(stores, 100, 10).await, [fresh(&message, at(160))]);
}

async fn a_settlement_under_another_lease_changes_nothing(stores: &Stores) {
    let message = post(stores, 1, message(1)).await;
    let late = claim(stores, 0, 10).await;
    let current = claim(stores, 60, 10).await;

    for verdict in [Verdict::Done, sent("gateway"), retry(61), Verdict::Wait { until: at(61) }, dead()] {
        settle(stores, &late[0], verdict).await;
    }

    assert_eq!(claim(stores, 61, 10).await, []);
    assert_eq!(claim(stores, 120, 10).await, [fresh(&message, at(180))]);
    settle(stores, &current[0], Verdict::Done).await;
    assert_eq!(claim(stores, 180, 10).await, [fresh(&message, at(240))]);
}

async fn a_late_settlement_holds_if_nobody_else_has_claimed(stores: &Stores) {
    post(stores, 1, message(1)).await;
    let claimed = claim(stores, 0, 10).await;
    assert_eq!(claim(stores, 59, 10).await, []);

    settle(stores, &claimed[0], Verdict::Done).await;

    assert_eq!(stores.outbox().claim(far(), far(), 10).await.unwrap(), []);
}

async fn a_settlement_of_what_is_gone_changes_nothing(stores: &Stores) {
    let kept = post(stores, 1, message(1)).await;
    let gone = fresh(&message(2), at(60));

    settle(stores, &gone, Verdict::Done).await;
    stores.outbox().settle(Vec::new()).await.unwrap();

    assert_eq!(claim(stores, 0, 10).await, [fresh(&kept, at(60))]);
}

async fn many_messages_are_settled_in_one_step(stores: &Stores) {
    for n in 0..3 {
        post(stores, n, message(n)).await;
    }
    let claimed = claim(stores, 0, 10).await;

    let settlements = claimed.iter().zip([Verdict::Done, retry(10), dead()]);
    let settlements = settlements.map(|(claimed, verdict)| Settlement {
        id: claimed.message.id,
        leased_until: claimed.leased_until,
        verdict,
    });
    stores.outbox().settle(settlements.collect()).await.unwrap();

    let left = stores.outbox().claim(far(), far(), 10).await.unwrap();
    assert_eq!(left, [tried(&claimed[1].message, 1, far())]);
}

async fn no_message_is_held_by_two_workers(stores: &Stores) {
    for round in 0..ROUNDS {
        for n in 0..200 {
            post(stores, round * 1000 + n, message(round * 1000 + n)).await;
        }

        let claimed = race(stores, 0..CALLS, |stores, i| async move {
            let lease = at(60) + Duration::from_micros(i.into());
            let mut claimed = Vec::new();
            loop {
                let more = stores.outbox().claim(at(1), lease, 5).await.unwrap();
                assert!(more.len() <= 5);
                if more.is_empty() {
                    return claimed;
                }
                claimed.extend(more);
            }
        })
        .await;

        let mut claimed = claimed.concat();
        claimed.extend(claim(stores, 1, 1000).await);
        let distinct: HashSet<_> = claimed.iter().map(|claimed| claimed.message.id).collect();
        assert_eq!((claimed.len(), distinct.len()), (200, 200));
        for claimed in claimed {
            settle(stores, &claimed, Verdict::Done).await;
        }
    }
}

async fn of_many_settlements_at_once_one_counts(stores: &Stores) {
    for round in 0..ROUNDS {
        let message = post(stores, round, message(round)).await;
        let claimed = claim(stores, 0, 10).await;

        let calls = (0..CALLS).map(|_| claimed[0].clone());
        race(stores, calls, |stores, claimed| async move { settle(&stores, &claimed, retry(1)).await }).await;

        let again = claim(stores, 1, 10).await;
        assert_eq!(again, [tried(&message, 1, at(61))]);
        settle(stores, &again[0], Verdict::Done).await;
    }
}
