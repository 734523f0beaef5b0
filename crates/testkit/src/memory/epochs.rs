use std::collections::btree_map::Entry;

use async_trait::async_trait;
use doorward_app::keys::{EpochPeriod, EpochUse, EpochUses};
use doorward_kernel::{AuditEvent, EpochId, KeyEpoch, KeyEpochs, RetireOutcome, StoreError, Timestamp};
use doorward_session::{Carrier, Session};

use super::MemoryStore;

#[async_trait]
impl KeyEpochs for MemoryStore {
    async fn list(&self) -> Result<Vec<KeyEpoch>, StoreError> {
        Ok(self.read(|state| state.epochs.values().cloned().collect()))
    }

    async fn add(&self, epoch: KeyEpoch, audit: AuditEvent) -> Result<Vec<KeyEpoch>, StoreError> {
        self.write(|state| {
            if let Entry::Vacant(entry) = state.epochs.entry(epoch.id) {
                entry.insert(epoch);
                state.record(audit);
            }
            Ok(state.epochs.values().cloned().collect())
        })
    }

    async fn retire(&self, id: EpochId, now: Timestamp, audit: AuditEvent) -> Result<RetireOutcome, StoreError> {
        self.write(|state| {
            let could_replace = |epoch: &KeyEpoch| epoch.id != id && epoch.retired_at.is_none() && epoch.has_begun(now);
            let is_needed = !state.epochs.values().any(could_replace);
            let Some(epoch) = state.epochs.get_mut(&id) else { return Ok(RetireOutcome::NotFound) };
            if epoch.retired_at.is_some() {
                return Ok(RetireOutcome::AlreadyRetired);
            }
            if is_needed {
                return Ok(RetireOutcome::Needed);
            }
            epoch.retired_at = Some(now);
            state.record(audit);
            Ok(RetireOutcome::Retired)
        })
    }
}

#[async_trait]
impl EpochUses for MemoryStore {
    async fn count(&self, period: EpochPeriod, seen_after: Timestamp, now: Timestamp) -> Result<EpochUse, StoreError> {
        let is_of = |session: &Session| match session.carrier {
            Carrier::Token => period.from <= session.rotated_at && session.rotated_at < period.until,
            Carrier::Cookie => session.created_at < period.until && period.from <= session.last_seen_at,
        };
        let is_live = |session: &Session| session.ended_at.is_none() && session.last_seen_at > seen_after;
        Ok(self.read(|state| {
            let sessions = state.sessions.values().filter(|session| is_live(session) && is_of(session)).count();
            let flows = state.challenges.values();
            let flows = flows.filter(|flow| flow.epoch == period.epoch && flow.denial(now).is_none()).count();
            EpochUse { sessions: sessions as u64, flows: flows as u64 }
        }))
    }
}
