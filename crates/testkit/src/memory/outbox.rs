use std::cmp::Reverse;

use async_trait::async_trait;
use doorward_kernel::{AuditEvent, MessageId, StoreError, Timestamp};
use doorward_notifier::{Claimed, Entry, EntryState, Outbox, RetriedDead, RetryOutcome, Settlement, Stage, Verdict};

use super::{
    MemoryStore,
    state::{State, Waiting},
};

#[async_trait]
impl Outbox for MemoryStore {
    async fn claim(&self, now: Timestamp, leased_until: Timestamp, limit: u32) -> Result<Vec<Claimed>, StoreError> {
        self.write(|state| {
            let is_free = |waiting: &Waiting| waiting.leased_until.is_none_or(|until| until <= now);
            let is_due = |waiting: &Waiting| waiting.next_try_at.is_some_and(|at| at <= now) && is_free(waiting);
            let mut due: Vec<_> = state.outbox.values_mut().filter(|waiting| is_due(waiting)).collect();
            due.sort_by_key(|waiting| (waiting.next_try_at, waiting.message.id));
            due.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            Ok(due.into_iter().map(|waiting| lease(waiting, leased_until)).collect())
        })
    }

    async fn settle(&self, settlements: Vec<Settlement>) -> Result<(), StoreError> {
        self.write(|state| {
            for settlement in settlements {
                settle(state, settlement);
            }
            Ok(())
        })
    }

    async fn list(&self, stage: Stage, limit: u32) -> Result<Vec<Entry>, StoreError> {
        Ok(self.read(|state| {
            let is_asked = |waiting: &&Waiting| match stage {
                Stage::Waiting => waiting.next_try_at.is_some(),
                Stage::Dead => waiting.is_dead(),
            };
            let mut found: Vec<_> = state.outbox.values().filter(is_asked).collect();
            match stage {
                Stage::Waiting => found.sort_by_key(|waiting| (waiting.next_try_at, waiting.message.id)),
                Stage::Dead => found.sort_by_key(|dead| Reverse((dead.message.created_at, dead.message.id))),
            }
            found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            found.into_iter().map(entry).collect()
        }))
    }

    async fn find(&self, id: MessageId) -> Result<Option<Entry>, StoreError> {
        Ok(self.read(|state| state.outbox.get(&id).map(entry)))
    }

    async fn retry(&self, id: MessageId, now: Timestamp, audit: AuditEvent) -> Result<RetryOutcome, StoreError> {
        self.write(|state| {
            let Some(waiting) = state.outbox.get_mut(&id) else { return Ok(RetryOutcome::NotFound) };
            let outcome = retry(waiting, now);
            if outcome == RetryOutcome::Retried {
                state.record(audit);
            }
            Ok(outcome)
        })
    }

    async fn retry_dead(&self, now: Timestamp, audit: AuditEvent) -> Result<RetriedDead, StoreError> {
        self.write(|state| {
            let mut all = RetriedDead { retried: 0, expired: 0 };
            for waiting in state.outbox.values_mut() {
                match retry(waiting, now) {
                    RetryOutcome::Retried => all.retried += 1,
                    RetryOutcome::Expired => all.expired += 1,
                    RetryOutcome::NotDead | RetryOutcome::NotFound => {}
                }
            }
            if all.retried > 0 {
                state.record(audit);
            }
            Ok(all)
        })
    }

    async fn purge(&self, expired_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(|state| {
            let is_past =
                |waiting: &&Waiting| waiting.next_try_at.is_none() && waiting.message.expires_at < expired_before;
            let past = state.outbox.values().filter(is_past).map(|waiting| waiting.message.id);
            let past: Vec<_> = past.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect();
            for id in &past {
                state.outbox.remove(id);
            }
            Ok(past.len() as u64)
        })
    }
}

impl Waiting {
    pub(super) const fn is_sent(&self) -> bool {
        self.next_try_at.is_none() && !self.is_dead()
    }

    const fn is_dead(&self) -> bool {
        self.dead_since.is_some()
    }
}

pub(super) fn entry(waiting: &Waiting) -> Entry {
    let state = match (waiting.next_try_at, waiting.dead_since) {
        (Some(next_try_at), _) => EntryState::Waiting { next_try_at },
        (None, Some(since)) => EntryState::Dead { since },
        (None, None) => EntryState::Sent,
    };
    let Waiting { message, tries, failure, delivery, .. } = waiting.clone();
    Entry { message, tries, state, failure, delivery }
}

fn retry(waiting: &mut Waiting, now: Timestamp) -> RetryOutcome {
    if !waiting.is_dead() {
        return RetryOutcome::NotDead;
    }
    if waiting.message.expires_at <= now {
        return RetryOutcome::Expired;
    }
    (waiting.tries, waiting.next_try_at, waiting.dead_since) = (0, Some(now), None);
    waiting.delivery.failed_provider = None;
    RetryOutcome::Retried
}

fn lease(waiting: &mut Waiting, leased_until: Timestamp) -> Claimed {
    waiting.leased_until = Some(leased_until);
    let Waiting { message, tries, delivery, .. } = waiting.clone();
    Claimed { message, tries, leased_until, failed_provider: delivery.failed_provider }
}

fn settle(state: &mut State, Settlement { id, leased_until, verdict }: Settlement) {
    let held = state.outbox.get_mut(&id).filter(|waiting| waiting.leased_until == Some(leased_until));
    let Some(waiting) = held else { return };
    match verdict {
        // Its outcome was told already: it was sent, whatever this try has seen.
        Verdict::Retry { .. } | Verdict::Wait { .. } | Verdict::Dead { .. } if waiting.delivery.end.is_some() => {
            (waiting.next_try_at, waiting.leased_until) = (None, None);
        }
        Verdict::Done => {
            state.outbox.remove(&id);
        }
        Verdict::Sent { provider, reference, at, end } => {
            (waiting.next_try_at, waiting.leased_until) = (None, None);
            let delivery = &mut waiting.delivery;
            delivery.provider = provider.or(delivery.provider.take());
            delivery.reference = reference.or(delivery.reference.take());
            delivery.sent_at.get_or_insert(at);
            delivery.end = delivery.end.or(end);
        }
        Verdict::Retry { at, reason } => {
            waiting.tries += 1;
            waiting.next_try_at = Some(at);
            waiting.leased_until = None;
            waiting.failure = Some(reason);
        }
        Verdict::Wait { until } => {
            waiting.next_try_at = Some(until);
            waiting.leased_until = None;
        }
        Verdict::Dead { at, reason } => {
            waiting.tries += 1;
            (waiting.next_try_at, waiting.leased_until) = (None, None);
            waiting.dead_since = Some(at);
            waiting.failure = Some(reason);
        }
    }
}
