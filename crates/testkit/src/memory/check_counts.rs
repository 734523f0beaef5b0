use async_trait::async_trait;
use doorward_kernel::StoreError;
use doorward_limit::{CheckCounts, CheckKind, CheckSlot};

use super::MemoryStore;

#[async_trait]
impl CheckCounts for MemoryStore {
    async fn add(&self, kind: CheckKind, counted: Vec<CheckSlot>) -> Result<(), StoreError> {
        self.write(|state| {
            for CheckSlot { slot, failed, total } in counted {
                let kept = state.check_counts.entry((kind, slot)).or_default();
                *kept = (kept.0 + failed, kept.1 + total);
            }
            Ok(())
        })
    }

    async fn since(&self, kind: CheckKind, oldest: i64) -> Result<Vec<CheckSlot>, StoreError> {
        Ok(self.read(|state| {
            let kept = state.check_counts.range((kind, oldest)..=(kind, i64::MAX));
            kept.map(|((_, slot), (failed, total))| CheckSlot { slot: *slot, failed: *failed, total: *total }).collect()
        }))
    }

    async fn purge_before(&self, kind: CheckKind, oldest: i64) -> Result<u64, StoreError> {
        self.write(|state| {
            let before = state.check_counts.len();
            state.check_counts.retain(|(of, slot), _| *of != kind || *slot >= oldest);
            Ok((before - state.check_counts.len()) as u64)
        })
    }
}
