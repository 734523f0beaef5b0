use std::sync::Arc;

use doorward_kernel::{AuditKind, StoreError, Timestamp};
use doorward_limit::{ConversionBreakers, SmsDestination};

use super::SmsSwitch;
use crate::ClockAndIds;

/// What an operator does about SMS; it counts on every node within two seconds.
#[derive(Clone)]
pub struct SmsControl {
    /// Clock and id generator.
    pub clock_and_ids: ClockAndIds,
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
        let now = self.clock_and_ids.now();
        self.switch.pause(now, self.clock_and_ids.event(AuditKind::SmsStopped, now)).await
    }

    /// Lets SMS go on.
    #[tracing::instrument(level = "debug", name = "limits.resume", skip_all)]
    pub async fn resume(&self) -> Result<bool, StoreError> {
        self.switch.resume(self.clock_and_ids.event(AuditKind::SmsResumed, self.clock_and_ids.now())).await
    }

    /// Opens a prefix or country and forgets its past; whether it had one.
    #[tracing::instrument(level = "debug", name = "limits.reopen", skip_all)]
    pub async fn reopen(&self, destination: SmsDestination) -> Result<bool, StoreError> {
        self.conversion_breakers
            .reopen(destination, self.clock_and_ids.event(AuditKind::SmsReopened, self.clock_and_ids.now()))
            .await
    }
}
