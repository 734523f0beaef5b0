//! The operator's view of the outbox: lists waiting and dead messages, retries and deletes dead ones.

use std::time::Duration;

use doorward_kernel::{AuditKind, Timestamp};
use doorward_notifier::{
    Delivery, Entry, EntryState, Message, NoticeTemplate, RetriedDead, RetryOutcome, Stage, Verdict,
};

use super::{
    Stores,
    outbox::{claim, dead, fresh, post, retry, sent, settle},
    race::{CALLS, ROUNDS, count, race},
    scene::far,
};
use crate::fixtures::{at, audit, email, message, notice};

cases![
    what_waits_is_listed_first_due_first,
    what_is_dead_is_listed_latest_first_with_the_reason,
    a_message_is_found_while_it_is_there,
    a_dead_message_that_is_retried_is_due_with_no_try_counted,
    what_is_not_dead_or_gone_is_not_retried,
    what_has_expired_stays_dead,
    all_that_is_dead_and_worth_sending_is_retried_in_one_step,
    of_many_retries_at_once_one_counts,
    what_is_settled_is_forgotten_once_nobody_can_retry_it,
    no_more_is_forgotten_than_the_limit,
];

/// A message that the first try has killed.
async fn post_dead(stores: &Stores, n: u32, message: Message) -> Message {
    let message = post(stores, n, message).await;
    let claimed =
        stores.outbox().claim(message.created_at, message.created_at + Duration::from_mins(1), 1).await.unwrap();
    settle(stores, &claimed[0], dead()).await;
    message
}

fn waiting(message: &Message, next_try_at: Timestamp) -> Entry {
    let state = EntryState::Waiting { next_try_at };
    Entry { message: message.clone(), tries: 0, state, failure: None, delivery: Delivery::default() }
}

fn died(message: &Message) -> Entry {
    let failure = Some("no such mailbox — ever".to_owned());
    let (state, delivery) = (EntryState::Dead { since: at(7) }, Delivery::default());
    Entry { message: message.clone(), tries: 1, state, failure, delivery }
}

async fn list(stores: &Stores, stage: Stage, limit: u32) -> Vec<Entry> {
    stores.outbox().list(stage, limit).await.unwrap()
}

async fn retry_now(stores: &Stores, message: &Message, seconds: u64) -> RetryOutcome {
    let event = audit(u32::try_from(seconds).unwrap(), AuditKind::MessagesRetried);
    stores.outbox().retry(message.id, at(seconds), event).await.unwrap()
}

/// The number of retried messages that the audit lists.
async fn recorded(stores: &Stores) -> usize {
    stores.audit.events().await.iter().filter(|event| event.kind == AuditKind::MessagesRetried).count()
}

async fn what_waits_is_listed_first_due_first(stores: &Stores) {
    let aged = |n, seconds| Message { created_at: at(seconds), ..message(n) };
    let second = post(stores, 1, aged(1, 2)).await;
    let first = post(stores, 2, aged(2, 1)).await;
    let last = post(stores, 3, aged(3, 0)).await;
    let claimed = claim(stores, 0, 10).await;
    settle(stores, &claimed[0], retry(30)).await;
    claim(stores, 1, 1).await;

    let listed = list(stores, Stage::Waiting, 10).await;

    let state = EntryState::Waiting { next_try_at: at(30) };
    let failure = Some("the provider is busy".to_owned());
    let retried = Entry { tries: 1, state, failure, ..waiting(&last, at(0)) };
    assert_eq!(listed, [waiting(&first, at(1)), waiting(&second, at(2)), retried]);
    assert_eq!(list(stores, Stage::Waiting, 2).await, listed[..2]);
    assert_eq!(list(stores, Stage::Dead, 10).await, []);
}

async fn what_is_dead_is_listed_latest_first_with_the_reason(stores: &Stores) {
    let aged = |n, seconds| Message { created_at: at(seconds), ..message(n) };
    let old = post_dead(stores, 1, aged(1, 1)).await;
    let young = post_dead(stores, 2, aged(2, 3)).await;
    let middle = post_dead(stores, 3, aged(3, 2)).await;
    let alive = post(stores, 4, aged(4, 9)).await;

    assert_eq!(list(stores, Stage::Dead, 10).await, [died(&young), died(&middle), died(&old)]);
    assert_eq!(list(stores, Stage::Dead, 1).await, [died(&young)]);
    assert_eq!(list(stores, Stage::Waiting, 10).await, [waiting(&alive, at(9))]);
}

async fn a_message_is_found_while_it_is_there(stores: &Stores) {
    let gone = post(stores, 1, message(1)).await;
    settle(stores, &claim(stores, 0, 1).await[0], Verdict::Done).await;
    let dead = post_dead(stores, 2, message(2)).await;
    let alive = post(stores, 3, notice(3, NoticeTemplate::PasswordChanged, &email(3))).await;

    assert_eq!(stores.outbox().find(gone.id).await.unwrap(), None);
    assert_eq!(stores.outbox().find(dead.id).await.unwrap(), Some(died(&dead)));
    assert_eq!(stores.outbox().find(alive.id).await.unwrap(), Some(waiting(&alive, alive.created_at)));
}

async fn a_dead_message_that_is_retried_is_due_with_no_try_counted(stores: &Stores) {
    let message = post_dead(stores, 1, message(1)).await;

    let outcome = retry_now(stores, &message, 20).await;

    assert_eq!(outcome, RetryOutcome::Retried);
    let state = EntryState::Waiting { next_try_at: at(20) };
    let entry = Entry { state, tries: 0, ..died(&message) };
    assert_eq!(stores.outbox().find(message.id).await.unwrap(), Some(entry));
    assert_eq!(stores.outbox().claim(at(20) - Duration::from_micros(1), at(99), 10).await.unwrap(), []);
    assert_eq!(claim(stores, 20, 10).await, [fresh(&message, at(80))]);
    assert_eq!(recorded(stores).await, 1);
}

async fn what_is_not_dead_or_gone_is_not_retried(stores: &Stores) {
    let message = post(stores, 1, message(1)).await;
    claim(stores, 0, 10).await;

    assert_eq!(retry_now(stores, &message, 20).await, RetryOutcome::NotDead);
    assert_eq!(retry_now(stores, &crate::fixtures::message(2), 20).await, RetryOutcome::NotFound);
    assert_eq!(claim(stores, 20, 10).await, [], "the lease holds");
    assert_eq!(recorded(stores).await, 0);
}

async fn what_has_expired_stays_dead(stores: &Stores) {
    let message = post_dead(stores, 1, Message { expires_at: at(20), ..message(1) }).await;

    assert_eq!(retry_now(stores, &message, 20).await, RetryOutcome::Expired);
    assert_eq!(stores.outbox().find(message.id).await.unwrap(), Some(died(&message)));
    assert_eq!(recorded(stores).await, 0);
    assert_eq!(retry_now(stores, &message, 19).await, RetryOutcome::Retried);
}

async fn all_that_is_dead_and_worth_sending_is_retried_in_one_step(stores: &Stores) {
    let event = || audit(9, AuditKind::MessagesRetried);
    let nothing = stores.outbox().retry_dead(at(20), event()).await.unwrap();
    let expired = post_dead(stores, 1, Message { expires_at: at(20), ..message(1) }).await;
    let first = post_dead(stores, 2, message(2)).await;
    let second = post_dead(stores, 3, message(3)).await;
    post(stores, 4, Message { created_at: at(30), ..message(4) }).await;
    assert_eq!((nothing, recorded(stores).await), (RetriedDead { retried: 0, expired: 0 }, 0));

    let retried = stores.outbox().retry_dead(at(20), event()).await.unwrap();

    assert_eq!(retried, RetriedDead { retried: 2, expired: 1 });
    assert_eq!(claim(stores, 20, 10).await, [fresh(&first, at(80)), fresh(&second, at(80))]);
    assert_eq!(list(stores, Stage::Dead, 10).await, [died(&expired)]);
    assert!(stores.audit.events().await.contains(&event()));
    assert_eq!(recorded(stores).await, 1);
    let again = stores.outbox().retry_dead(at(20), audit(10, AuditKind::MessagesRetried)).await.unwrap();
    assert_eq!(again, RetriedDead { retried: 0, expired: 1 });
}

async fn of_many_retries_at_once_one_counts(stores: &Stores) {
    for round in 0..ROUNDS {
        let message = post_dead(stores, round, message(round)).await;

        let first = 100 + round * CALLS;
        let retries = race(stores, first..first + CALLS, |stores, n| {
            let id = message.id;
            async move { stores.outbox().retry(id, at(20), audit(n, AuditKind::MessagesRetried)).await.unwrap() }
        })
        .await;

        assert_eq!(count(&retries, &RetryOutcome::Retried), 1);
        assert_eq!(count(&retries, &RetryOutcome::NotDead), retries.len() - 1);
        let claimed = claim(stores, 20, 10).await;
        assert_eq!(claimed, [fresh(&message, at(80))]);
        settle(stores, &claimed[0], Verdict::Done).await;
    }
    assert_eq!(recorded(stores).await, usize::try_from(ROUNDS).unwrap());
}

async fn what_is_settled_is_forgotten_once_nobody_can_retry_it(stores: &Stores) {
    let old = post_dead(stores, 1, Message { expires_at: at(20), ..message(1) }).await;
    let young = post_dead(stores, 2, Message { expires_at: at(21), ..message(2) }).await;
    let taken = post(stores, 4, Message { expires_at: at(20), ..message(4) }).await;
    settle(stores, &claim(stores, 0, 1).await[0], sent("gateway")).await;
    let waits = post(stores, 3, Message { expires_at: at(20), ..message(3) }).await;

    assert_eq!(stores.outbox().purge(at(21), 10).await.unwrap(), 2);

    for (message, is_kept) in [(old, false), (taken, false), (young, true), (waits, true)] {
        let found = stores.outbox().find(message.id).await.unwrap();
        assert_eq!(found.is_some(), is_kept, "{:?}", message.id);
    }
}

async fn no_more_is_forgotten_than_the_limit(stores: &Stores) {
    for n in 1..=3 {
        post_dead(stores, n, Message { expires_at: at(20), ..message(n) }).await;
    }

    let mut forgotten = Vec::new();
    for _ in 0..3 {
        forgotten.push(stores.outbox().purge(far(), 2).await.unwrap());
    }

    assert_eq!(forgotten, [2, 1, 0]);
}
