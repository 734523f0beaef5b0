//! Messages that wait to be sent.

use std::{collections::HashSet, time::Duration};

use doorward_app::flow::Start;
use doorward_kernel::{AuditKind, ChallengeId, ChangeId, EpochId, Locale, MessageId, Timestamp};
use doorward_notifier::{
    Claimed, CodeRef, CodeTemplate, Content, Entry, EntryState, Message, NoticeTemplate, Recipient, Revival, Revived,
    Settlement, Stage, Verdict,
};
use doorward_otp::{Challenge, Subject};

use super::{
    Stores,
    race::{CALLS, ROUNDS, count, race},
    scene::far,
};
use crate::fixtures::{at, audit, challenge, email, id, message, notice, phone, start};

/// Writes a message, together with a challenge as the ports demand.
async fn post(stores: &Stores, n: u32, message: Message) -> Message {
    let challenge = Challenge { subject: Subject::Unclaimed, ..challenge(n) };
    stores.flows.start(Start { message: Some(message.clone()), ..start(n, challenge) }).await.unwrap();
    message
}

async fn claim(stores: &Stores, seconds: u64, limit: u32) -> Vec<Claimed> {
    stores.outbox.claim(at(seconds), at(seconds + 60), limit).await.unwrap()
}

async fn settle(stores: &Stores, claimed: &Claimed, verdict: Verdict) {
    let settlement = Settlement { id: claimed.message.id, leased_until: claimed.leased_until, verdict };
    stores.outbox.settle(vec![settlement]).await.unwrap();
}

fn fresh(message: &Message, leased_until: Timestamp) -> Claimed {
    Claimed { message: message.clone(), tries: 0, leased_until }
}

fn retry(seconds: u64) -> Verdict {
    Verdict::Retry { at: at(seconds), reason: "the provider is busy".to_owned() }
}

fn dead() -> Verdict {
    Verdict::Dead { at: at(7), reason: "no such mailbox — ever".to_owned() }
}

pub async fn an_empty_outbox_gives_nothing(stores: &Stores) {
    assert_eq!(claim(stores, 0, 10).await, []);
}

pub async fn every_kind_of_message_reads_back_as_it_was_written(stores: &Stores) {
    let mut messages = Vec::new();
    for (n, template) in (0..).zip(CodeTemplate::ALL) {
        let code = CodeRef { challenge: ChallengeId::from_bytes(id("code", n)), epoch: EpochId(i32::MAX), digits: 8 };
        let content = Content::Code { template: *template, code };
        let id = MessageId::from_bytes(id("code", n));
        messages.push(Message { id, recipient: Recipient::Phone(phone(n)), content, locale: Locale::De, ..message(n) });
    }
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

pub async fn a_message_is_due_at_once(stores: &Stores) {
    let message = post(stores, 1, message(1)).await;

    assert_eq!(claim(stores, 0, 10).await, [fresh(&message, at(60))]);
}

pub async fn the_oldest_due_are_claimed_first_and_no_more_than_the_limit(stores: &Stores) {
    let aged = |n, seconds| Message { created_at: at(seconds), ..message(n) };
    let last = post(stores, 1, aged(1, 3)).await;
    let first = post(stores, 2, aged(2, 1)).await;
    let second = post(stores, 3, aged(3, 2)).await;

    let claimed = claim(stores, 10, 2).await;
    let rest = claim(stores, 10, 2).await;

    assert_eq!(claimed, [fresh(&first, at(70)), fresh(&second, at(70))]);
    assert_eq!(rest, [fresh(&last, at(70))]);
}

pub async fn a_held_message_is_not_claimed_until_its_lease_ends(stores: &Stores) {
    let message = post(stores, 1, message(1)).await;
    claim(stores, 0, 10).await;

    let held = stores.outbox.claim(at(60) - Duration::from_micros(1), at(99), 10).await.unwrap();
    let free = stores.outbox.claim(at(60), at(99), 10).await.unwrap();

    assert_eq!(held, []);
    assert_eq!(free, [fresh(&message, at(99))]);
}

pub async fn what_is_done_is_forgotten(stores: &Stores) {
    post(stores, 1, message(1)).await;
    let claimed = claim(stores, 0, 10).await;

    settle(stores, &claimed[0], Verdict::Done).await;

    assert_eq!(stores.outbox.claim(far(), far(), 10).await.unwrap(), []);
}

pub async fn a_retry_counts_the_try_and_waits(stores: &Stores) {
    let message = post(stores, 1, message(1)).await;
    let claimed = claim(stores, 0, 10).await;

    settle(stores, &claimed[0], retry(30)).await;

    assert_eq!(stores.outbox.claim(at(30) - Duration::from_micros(1), at(99), 10).await.unwrap(), []);
    let second = stores.outbox.claim(at(30), at(99), 10).await.unwrap();
    assert_eq!(second, [Claimed { message: message.clone(), tries: 1, leased_until: at(99) }]);
    settle(stores, &second[0], retry(100)).await;
    assert_eq!(claim(stores, 100, 10).await, [Claimed { message, tries: 2, leased_until: at(160) }]);
}

pub async fn what_waits_for_others_is_due_then_and_has_no_try_counted(stores: &Stores) {
    let message = post(stores, 1, message(1)).await;
    let claimed = claim(stores, 0, 10).await;

    settle(stores, &claimed[0], Verdict::Wait { until: at(30) }).await;

    assert_eq!(stores.outbox.claim(at(30) - Duration::from_micros(1), at(99), 10).await.unwrap(), []);
    assert_eq!(claim(stores, 30, 10).await, [fresh(&message, at(90))]);
}

pub async fn a_retry_is_due_by_its_own_instant(stores: &Stores) {
    let [first, second] = [post(stores, 1, message(1)).await, post(stores, 2, message(2)).await];
    for claimed in claim(stores, 0, 10).await {
        let seconds = if claimed.message == first { 20 } else { 10 };
        settle(stores, &claimed, retry(seconds)).await;
    }

    let due: Vec<_> = claim(stores, 30, 10).await.into_iter().map(|claimed| claimed.message).collect();

    assert_eq!(due, [second, first]);
}

pub async fn a_dead_message_is_never_claimed_again(stores: &Stores) {
    post(stores, 1, message(1)).await;
    let claimed = claim(stores, 0, 10).await;

    settle(stores, &claimed[0], dead()).await;

    assert_eq!(stores.outbox.claim(far(), far(), 10).await.unwrap(), []);
}

pub async fn a_message_past_its_use_is_claimed_so_that_it_can_be_forgotten(stores: &Stores) {
    let message = post(stores, 1, Message { expires_at: at(1), ..message(1) }).await;

    assert_eq!(claim(stores, 100, 10).await, [fresh(&message, at(160))]);
}

pub async fn a_settlement_under_another_lease_changes_nothing(stores: &Stores) {
    let message = post(stores, 1, message(1)).await;
    let late = claim(stores, 0, 10).await;
    let current = claim(stores, 60, 10).await;

    for verdict in [Verdict::Done, retry(61), Verdict::Wait { until: at(61) }, dead()] {
        settle(stores, &late[0], verdict).await;
    }

    assert_eq!(claim(stores, 61, 10).await, []);
    assert_eq!(claim(stores, 120, 10).await, [fresh(&message, at(180))]);
    settle(stores, &current[0], Verdict::Done).await;
    assert_eq!(claim(stores, 180, 10).await, [fresh(&message, at(240))]);
}

pub async fn a_late_settlement_holds_if_nobody_else_has_claimed(stores: &Stores) {
    post(stores, 1, message(1)).await;
    let claimed = claim(stores, 0, 10).await;
    assert_eq!(claim(stores, 59, 10).await, []);

    settle(stores, &claimed[0], Verdict::Done).await;

    assert_eq!(stores.outbox.claim(far(), far(), 10).await.unwrap(), []);
}

pub async fn a_settlement_of_what_is_gone_changes_nothing(stores: &Stores) {
    let kept = post(stores, 1, message(1)).await;
    let gone = fresh(&message(2), at(60));

    settle(stores, &gone, Verdict::Done).await;
    stores.outbox.settle(Vec::new()).await.unwrap();

    assert_eq!(claim(stores, 0, 10).await, [fresh(&kept, at(60))]);
}

pub async fn many_messages_are_settled_in_one_step(stores: &Stores) {
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
    stores.outbox.settle(settlements.collect()).await.unwrap();

    let left = stores.outbox.claim(far(), far(), 10).await.unwrap();
    assert_eq!(left, [Claimed { message: claimed[1].message.clone(), tries: 1, leased_until: far() }]);
}

pub async fn no_message_is_held_by_two_workers(stores: &Stores) {
    for round in 0..ROUNDS {
        for n in 0..200 {
            post(stores, round * 1000 + n, message(round * 1000 + n)).await;
        }

        let claimed = race(stores, 0..CALLS, |stores, i| async move {
            let lease = at(60) + Duration::from_micros(i.into());
            let mut claimed = Vec::new();
            loop {
                let more = stores.outbox.claim(at(1), lease, 5).await.unwrap();
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

pub async fn of_many_settlements_at_once_one_counts(stores: &Stores) {
    for round in 0..ROUNDS {
        let message = post(stores, round, message(round)).await;
        let claimed = claim(stores, 0, 10).await;

        let calls = (0..CALLS).map(|_| claimed[0].clone());
        race(stores, calls, |stores, claimed| async move { settle(&stores, &claimed, retry(1)).await }).await;

        let again = claim(stores, 1, 10).await;
        assert_eq!(again, [Claimed { message, tries: 1, leased_until: at(61) }]);
        settle(stores, &again[0], Verdict::Done).await;
    }
}

/// A message that the first try has killed.
async fn post_dead(stores: &Stores, n: u32, message: Message) -> Message {
    let message = post(stores, n, message).await;
    let claimed =
        stores.outbox.claim(message.created_at, message.created_at + Duration::from_mins(1), 1).await.unwrap();
    settle(stores, &claimed[0], dead()).await;
    message
}

fn waiting(message: &Message, next_try_at: Timestamp) -> Entry {
    let state = EntryState::Waiting { next_try_at };
    Entry { message: message.clone(), tries: 0, state, failure: None }
}

fn died(message: &Message) -> Entry {
    let failure = Some("no such mailbox — ever".to_owned());
    Entry { message: message.clone(), tries: 1, state: EntryState::Dead { since: Some(at(7)) }, failure }
}

async fn list(stores: &Stores, stage: Stage, limit: u32) -> Vec<Entry> {
    stores.outbox.list(stage, limit).await.unwrap()
}

async fn revive(stores: &Stores, message: &Message, seconds: u64) -> Revival {
    let event = audit(u32::try_from(seconds).unwrap(), AuditKind::MessagesRetried);
    stores.outbox.revive(message.id, at(seconds), event).await.unwrap()
}

/// How many revivals the audit tells of.
async fn recorded(stores: &Stores) -> usize {
    stores.audit.events().await.iter().filter(|event| event.kind == AuditKind::MessagesRetried).count()
}

pub async fn what_waits_is_listed_first_due_first(stores: &Stores) {
    let aged = |n, seconds| Message { created_at: at(seconds), ..message(n) };
    let second = post(stores, 1, aged(1, 2)).await;
    let first = post(stores, 2, aged(2, 1)).await;
    let last = post(stores, 3, aged(3, 0)).await;
    let claimed = claim(stores, 0, 10).await;
    settle(stores, &claimed[0], retry(30)).await;
    claim(stores, 1, 1).await;

    let listed = list(stores, Stage::Waiting, 10).await;

    let state = EntryState::Waiting { next_try_at: at(30) };
    let retried = Entry { message: last, tries: 1, state, failure: Some("the provider is busy".to_owned()) };
    assert_eq!(listed, [waiting(&first, at(1)), waiting(&second, at(2)), retried]);
    assert_eq!(list(stores, Stage::Waiting, 2).await, listed[..2]);
    assert_eq!(list(stores, Stage::Dead, 10).await, []);
}

pub async fn what_is_dead_is_listed_latest_first_with_the_reason(stores: &Stores) {
    let aged = |n, seconds| Message { created_at: at(seconds), ..message(n) };
    let old = post_dead(stores, 1, aged(1, 1)).await;
    let young = post_dead(stores, 2, aged(2, 3)).await;
    let middle = post_dead(stores, 3, aged(3, 2)).await;
    let alive = post(stores, 4, aged(4, 9)).await;

    assert_eq!(list(stores, Stage::Dead, 10).await, [died(&young), died(&middle), died(&old)]);
    assert_eq!(list(stores, Stage::Dead, 1).await, [died(&young)]);
    assert_eq!(list(stores, Stage::Waiting, 10).await, [waiting(&alive, at(9))]);
}

pub async fn a_message_is_found_while_it_is_there(stores: &Stores) {
    let gone = post(stores, 1, message(1)).await;
    settle(stores, &claim(stores, 0, 1).await[0], Verdict::Done).await;
    let dead = post_dead(stores, 2, message(2)).await;
    let alive = post(stores, 3, notice(3, NoticeTemplate::PasswordChanged, &email(3))).await;

    assert_eq!(stores.outbox.find(gone.id).await.unwrap(), None);
    assert_eq!(stores.outbox.find(dead.id).await.unwrap(), Some(died(&dead)));
    assert_eq!(stores.outbox.find(alive.id).await.unwrap(), Some(waiting(&alive, alive.created_at)));
}

pub async fn a_dead_message_that_is_revived_is_due_with_no_try_counted(stores: &Stores) {
    let message = post_dead(stores, 1, message(1)).await;

    let revival = revive(stores, &message, 20).await;

    assert_eq!(revival, Revival::Revived);
    let state = EntryState::Waiting { next_try_at: at(20) };
    let entry = Entry { state, tries: 0, ..died(&message) };
    assert_eq!(stores.outbox.find(message.id).await.unwrap(), Some(entry));
    assert_eq!(stores.outbox.claim(at(20) - Duration::from_micros(1), at(99), 10).await.unwrap(), []);
    assert_eq!(claim(stores, 20, 10).await, [fresh(&message, at(80))]);
    assert_eq!(recorded(stores).await, 1);
}

pub async fn what_is_not_dead_or_gone_is_not_revived(stores: &Stores) {
    let message = post(stores, 1, message(1)).await;
    claim(stores, 0, 10).await;

    assert_eq!(revive(stores, &message, 20).await, Revival::NotDead);
    assert_eq!(revive(stores, &crate::fixtures::message(2), 20).await, Revival::NotFound);
    assert_eq!(claim(stores, 20, 10).await, [], "the lease holds");
    assert_eq!(recorded(stores).await, 0);
}

pub async fn what_has_expired_stays_dead(stores: &Stores) {
    let message = post_dead(stores, 1, Message { expires_at: at(20), ..message(1) }).await;

    assert_eq!(revive(stores, &message, 20).await, Revival::Expired);
    assert_eq!(stores.outbox.find(message.id).await.unwrap(), Some(died(&message)));
    assert_eq!(recorded(stores).await, 0);
    assert_eq!(revive(stores, &message, 19).await, Revival::Revived);
}

pub async fn all_that_is_dead_and_worth_sending_is_revived_in_one_step(stores: &Stores) {
    let event = || audit(9, AuditKind::MessagesRetried);
    let nothing = stores.outbox.revive_all(at(20), event()).await.unwrap();
    let expired = post_dead(stores, 1, Message { expires_at: at(20), ..message(1) }).await;
    let first = post_dead(stores, 2, message(2)).await;
    let second = post_dead(stores, 3, message(3)).await;
    post(stores, 4, Message { created_at: at(30), ..message(4) }).await;
    assert_eq!((nothing, recorded(stores).await), (Revived { revived: 0, expired: 0 }, 0));

    let revived = stores.outbox.revive_all(at(20), event()).await.unwrap();

    assert_eq!(revived, Revived { revived: 2, expired: 1 });
    assert_eq!(claim(stores, 20, 10).await, [fresh(&first, at(80)), fresh(&second, at(80))]);
    assert_eq!(list(stores, Stage::Dead, 10).await, [died(&expired)]);
    assert_eq!(stores.audit.events().await.last(), Some(&event()));
    assert_eq!(recorded(stores).await, 1);
    let again = stores.outbox.revive_all(at(20), audit(10, AuditKind::MessagesRetried)).await.unwrap();
    assert_eq!(again, Revived { revived: 0, expired: 1 });
}

pub async fn of_many_revivals_at_once_one_counts(stores: &Stores) {
    for round in 0..ROUNDS {
        let message = post_dead(stores, round, message(round)).await;

        let first = 100 + round * CALLS;
        let revivals = race(stores, first..first + CALLS, |stores, n| {
            let id = message.id;
            async move { stores.outbox.revive(id, at(20), audit(n, AuditKind::MessagesRetried)).await.unwrap() }
        })
        .await;

        assert_eq!(count(&revivals, &Revival::Revived), 1);
        assert_eq!(count(&revivals, &Revival::NotDead), revivals.len() - 1);
        let claimed = claim(stores, 20, 10).await;
        assert_eq!(claimed, [fresh(&message, at(80))]);
        settle(stores, &claimed[0], Verdict::Done).await;
    }
    assert_eq!(recorded(stores).await, usize::try_from(ROUNDS).unwrap());
}

pub async fn what_is_dead_is_forgotten_once_nobody_can_revive_it(stores: &Stores) {
    let old = post_dead(stores, 1, Message { expires_at: at(20), ..message(1) }).await;
    let young = post_dead(stores, 2, Message { expires_at: at(21), ..message(2) }).await;
    let waits = post(stores, 3, Message { expires_at: at(20), ..message(3) }).await;

    assert_eq!(stores.outbox.forget_dead(at(21), 10).await.unwrap(), 1);

    for (message, is_kept) in [(old, false), (young, true), (waits, true)] {
        let found = stores.outbox.find(message.id).await.unwrap();
        assert_eq!(found.is_some(), is_kept, "{:?}", message.id);
    }
}

pub async fn no_more_of_the_dead_are_forgotten_than_the_limit(stores: &Stores) {
    for n in 1..=3 {
        post_dead(stores, n, Message { expires_at: at(20), ..message(n) }).await;
    }

    let mut forgotten = Vec::new();
    for _ in 0..3 {
        forgotten.push(stores.outbox.forget_dead(far(), 2).await.unwrap());
    }

    assert_eq!(forgotten, [2, 1, 0]);
}
