use async_trait::async_trait;
use doorward_kernel::{StoreError, Timestamp};
use doorward_notifier::{Claimed, Outbox, Settlement, Verdict};

use super::{
    MemoryStore,
    state::{State, Waiting},
};

#[async_trait]
impl Outbox for MemoryStore {
    async fn claim(&self, now: Timestamp, leased_until: Timestamp, limit: u32) -> Result<Vec<Claimed>, StoreError> {
        self.write(|state| {
            let is_free = |waiting: &Waiting| waiting.leased_until.is_none_or(|until| until <= now);
            let is_due = |waiting: &Waiting| !waiting.is_dead && waiting.next_try_at <= now && is_free(waiting);
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
}

fn lease(waiting: &mut Waiting, leased_until: Timestamp) -> Claimed {
    waiting.leased_until = Some(leased_until);
    Claimed { message: waiting.message.clone(), tries: waiting.tries, leased_until }
}

fn settle(state: &mut State, Settlement { id, leased_until, verdict }: Settlement) {
    let held = state.outbox.get_mut(&id).filter(|waiting| waiting.leased_until == Some(leased_until));
    let Some(waiting) = held else { return };
    match verdict {
        Verdict::Done => {
            state.outbox.remove(&id);
        }
        Verdict::Retry { at, reason: _ } => {
            waiting.tries += 1;
            waiting.next_try_at = at;
            waiting.leased_until = None;
        }
        Verdict::Wait { until } => {
            waiting.next_try_at = until;
            waiting.leased_until = None;
        }
        Verdict::Dead { reason: _ } => waiting.is_dead = true,
    }
}
