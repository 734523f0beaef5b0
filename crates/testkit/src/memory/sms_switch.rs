use async_trait::async_trait;
use doorward_app::limits::SmsSwitch;
use doorward_kernel::{AuditEvent, StoreError, Timestamp};

use super::MemoryStore;

#[async_trait]
impl SmsSwitch for MemoryStore {
    async fn paused_since(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.read(|state| state.sms_paused_since))
    }

    async fn pause(&self, now: Timestamp, audit: AuditEvent) -> Result<bool, StoreError> {
        self.write(|state| {
            if state.sms_paused_since.is_some() {
                return Ok(false);
            }
            state.sms_paused_since = Some(now);
            state.record(audit);
            Ok(true)
        })
    }

    async fn resume(&self, audit: AuditEvent) -> Result<bool, StoreError> {
        self.write(|state| {
            if state.sms_paused_since.take().is_none() {
                return Ok(false);
            }
            state.record(audit);
            Ok(true)
        })
    }
}
