use async_trait::async_trait;

use crate::{StoreError, Timestamp};

/// The audit events, once they are written: nothing changes them, and time alone removes them.
#[async_trait]
pub trait AuditEvents: Send + Sync {
    /// Deletes events that happened before that instant, the oldest first, at most `limit`, and
    /// returns how many.
    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
