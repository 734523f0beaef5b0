use async_trait::async_trait;
use doorward_kernel::{AuditEvents, StoreError, Timestamp};

use crate::{PgStore, steps::purge::purge};

#[async_trait]
impl AuditEvents for PgStore {
    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.sweep(purge!("audit_events", by "id", where "at < $before", oldest "at"), before, limit).await
    }
}
