use async_trait::async_trait;
use doorward_app::limits::Incidents;
use doorward_kernel::{AuditEvent, StoreError};
use doorward_notifier::Message;

use super::MemoryStore;

#[async_trait]
impl Incidents for MemoryStore {
    async fn record(&self, event: AuditEvent, notice: Option<Message>) -> Result<(), StoreError> {
        self.write(|state| {
            if let Some(notice) = notice {
                state.post(notice)?;
            }
            state.record(event);
            Ok(())
        })
    }
}
