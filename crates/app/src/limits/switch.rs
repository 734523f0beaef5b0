use async_trait::async_trait;
use doorward_kernel::{AuditEvent, StoreError, Timestamp};

/// Since when SMS is paused; `None` while it is not.
pub type SmsPause = Option<Timestamp>;

/// The outcome of pausing or resuming SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwitchOutcome {
    /// It was turned.
    Changed,
    /// It stood so before; nothing changed.
    Unchanged,
}

/// The operator's switch that stops all SMS, on every node. Mail goes on.
#[async_trait]
pub trait SmsSwitch: Send + Sync {
    /// Whether SMS is paused, and since when.
    async fn paused_since(&self) -> Result<SmsPause, StoreError>;

    /// Pauses SMS from now on; atomic, and of many at once one has changed it.
    async fn pause(&self, now: Timestamp, audit: AuditEvent) -> Result<SwitchOutcome, StoreError>;

    /// Ends the pause; atomic, and of many at once one has changed it.
    async fn resume(&self, audit: AuditEvent) -> Result<SwitchOutcome, StoreError>;
}
