use doorward_kernel::{AuditKind, StoreError, Timestamp};
use doorward_limit::SmsDestination;

use super::Operator;

/// A change of SMS by an operator counts on every node within two seconds.
impl Operator {
    /// Whether SMS is paused, and since when.
    #[tracing::instrument(level = "debug", name = "operator.sms_paused_since", skip_all)]
    pub async fn sms_paused_since(&self) -> Result<Option<Timestamp>, StoreError> {
        self.conversion_breakers.paused_since().await
    }

    /// Stops all SMS; mail goes on. Whether it was not stopped.
    #[tracing::instrument(level = "debug", name = "operator.pause_sms", skip_all)]
    pub async fn pause_sms(&self) -> Result<bool, StoreError> {
        let now = self.clock_and_ids.now();
        self.conversion_breakers.pause(now, self.clock_and_ids.event(AuditKind::SmsStopped, now)).await
    }

    /// Lets SMS go on; whether it was stopped.
    #[tracing::instrument(level = "debug", name = "operator.resume_sms", skip_all)]
    pub async fn resume_sms(&self) -> Result<bool, StoreError> {
        self.conversion_breakers.resume(self.clock_and_ids.event(AuditKind::SmsResumed, self.clock_and_ids.now())).await
    }

    /// Opens a prefix or country and forgets its past; whether it had one.
    #[tracing::instrument(level = "debug", name = "operator.reopen", skip_all)]
    pub async fn reopen(&self, destination: SmsDestination) -> Result<bool, StoreError> {
        let audit = self.clock_and_ids.event(AuditKind::SmsReopened, self.clock_and_ids.now());
        self.conversion_breakers.reopen(destination, audit).await
    }
}
