use std::collections::btree_map::Entry;

use async_trait::async_trait;
use doorward_kernel::{AuditEvent, EpochId, KeyEpoch, KeyEpochs, RetireOutcome, StoreError, Timestamp};

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
