use std::collections::BTreeSet;

use async_trait::async_trait;
use doorward_kernel::{AuditEvents, StoreError, Timestamp};

use super::MemoryStore;

#[async_trait]
impl AuditEvents for MemoryStore {
    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(|state| {
            let mut old: Vec<_> = state.audit.iter().filter(|event| event.at < before).collect();
            old.sort_by_key(|event| event.at);
            let old: BTreeSet<_> = old.into_iter().map(|event| event.id).take(limit as usize).collect();
            state.audit.retain(|event| !old.contains(&event.id));
            Ok(old.len() as u64)
        })
    }
}
