use std::sync::Arc;

use doorward_kernel::{AuditKind, StoreError, Timestamp};
use doorward_limit::{ConversionBreakers, SmsDestination};

use super::SmsSwitch;
use crate::Moment;

/// What an operator does about SMS; it counts on every node within two seconds.
#[derive(Clone)]
pub struct SmsControl {
    /// Clock and id generator.
    pub moment: Moment,
    /// The switch that stops all.
    pub switch: Arc<dyn SmsSwitch>,
    /// What closes prefixes and countries.
    pub conversion_breakers: Arc<dyn ConversionBreakers>,
}

impl SmsControl {
    /// Whether SMS is paused, and since when.
    #[tracing::instrument(level = "debug", name = "limits.paused_since", skip_all)]
    pub async fn paused_since(&self) -> Result<Option<Timestamp>, StoreError> {
        self.switch.paused_since().await
    }

    /// Stops all SMS; mail goes on.
    #[tracing::instrument(level = "debug", name = "limits.pause", skip_all)]
    pub async fn pause(&self) -> Result<bool, StoreError> {
        let now = self.moment.now();
        self.switch.pause(now, self.moment.event(AuditKind::SmsStopped, now)).await
    }

    /// Lets SMS go on.
    #[tracing::instrument(level = "debug", name = "limits.resume", skip_all)]
    pub async fn resume(&self) -> Result<bool, StoreError> {
        self.switch.resume(self.moment.event(AuditKind::SmsResumed, self.moment.now())).await
    }

    /// Opens a prefix or country and forgets its past; whether it had one.
    #[tracing::instrument(level = "debug", name = "limits.reopen", skip_all)]
    pub async fn reopen(&self, destination: SmsDestination) -> Result<bool, StoreError> {
        self.conversion_breakers.reopen(destination, self.moment.event(AuditKind::SmsReopened, self.moment.now())).await
    }
}
