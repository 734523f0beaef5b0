use async_trait::async_trait;
use doorward_app::limits::Incidents;
use doorward_kernel::{AuditEvent, StoreError};

use crate::{SqliteStore, steps::audit::insert_audit};

#[async_trait]
impl Incidents for SqliteStore {
    async fn record(&self, event: AuditEvent) -> Result<(), StoreError> {
        self.write(move |connection| Ok(insert_audit(connection, &event)?)).await
    }
}
