use async_trait::async_trait;
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BudgetKey, CountedTry, FailurePolicy, FailureRows};

use super::MemoryStore;

#[async_trait]
impl FailureRows for MemoryStore {
    async fn count(&self, key: BudgetKey, policy: FailurePolicy, now: Timestamp) -> Result<CountedTry, StoreError> {
        self.write(|state| {
            let before = state.failure_rows.get(&key).map(|(row, _)| *row).unwrap_or_default();
            let tried = CountedTry::after(before, &policy, now);
            if tried.is_open() {
                state.failure_rows.insert(key, (tried.after, now));
            }
            Ok(tried)
        })
    }

    async fn put_back(&self, key: BudgetKey, tried: CountedTry) -> Result<(), StoreError> {
        self.write(|state| {
            if let Some((row, _)) = state.failure_rows.get_mut(&key).filter(|(row, _)| *row == tried.after) {
                *row = tried.before;
            }
            Ok(())
        })
    }

    async fn clear(&self, keys: Vec<BudgetKey>) -> Result<(), StoreError> {
        self.write(|state| {
            state.failure_rows.retain(|key, _| !keys.contains(key));
            Ok(())
        })
    }

    async fn forget_untouched(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(|state| {
            let untouched = state
                .failure_rows
                .iter()
                .filter(|(_, (row, touched_at))| *touched_at < before && row.disabled_at.is_none());
            let untouched: Vec<_> = untouched.map(|(key, _)| *key).take(limit as usize).collect();
            for key in &untouched {
                state.failure_rows.remove(key);
            }
            Ok(untouched.len() as u64)
        })
    }
}
