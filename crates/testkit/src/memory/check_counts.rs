use async_trait::async_trait;
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{CheckCounts, CheckSlot};

use super::MemoryStore;

#[async_trait]
impl CheckCounts for MemoryStore {
    async fn exchange(&self, counted: Vec<CheckSlot>, oldest: Timestamp) -> Result<Vec<CheckSlot>, StoreError> {
        self.write(|state| {
            for CheckSlot { kind, starts_at, failed, total } in counted {
                let kept = state.check_counts.entry((kind, starts_at)).or_default();
                *kept = (kept.0 + failed, kept.1 + total);
            }
            state.check_counts.retain(|(_, starts_at), _| *starts_at >= oldest);
            let slots = state.check_counts.iter().map(|(&(kind, starts_at), &(failed, total))| CheckSlot {
                kind,
                starts_at,
                failed,
                total,
            });
            Ok(slots.collect())
        })
    }
}
