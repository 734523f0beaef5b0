use async_trait::async_trait;
use doorward_kernel::{AuditEvent, StoreError, Timestamp};

/// The operator's switch that stops all SMS, on every node. Mail goes on.
#[async_trait]
pub trait SmsSwitch: Send + Sync {
    /// Whether SMS is paused, and since when.
    async fn paused_since(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Pauses SMS from now on; whether it was not. Atomic, and of many at once one has changed it.
    async fn pause(&self, now: Timestamp, audit: AuditEvent) -> Result<bool, StoreError>;

    /// Ends the pause; whether there was one. Atomic, and of many at once one has changed it.
    async fn resume(&self, audit: AuditEvent) -> Result<bool, StoreError>;
}
