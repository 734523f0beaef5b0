use async_trait::async_trait;
use doorward_app::limits::Incidents;
use doorward_kernel::{AuditEvent, StoreError};

use super::MemoryStore;

#[async_trait]
impl Incidents for MemoryStore {
    async fn record(&self, event: AuditEvent) -> Result<(), StoreError> {
        self.write(|state| {
            state.record(event);
            Ok(())
        })
    }
}
