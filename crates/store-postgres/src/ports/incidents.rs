use async_trait::async_trait;
use diesel_async::RunQueryDsl;
use doorward_app::limits::Incidents;
use doorward_kernel::{AuditEvent, StoreError};

use crate::{PgStore, sql::Statement, steps::audit};

#[async_trait]
impl Incidents for PgStore {
    async fn record(&self, event: AuditEvent) -> Result<(), StoreError> {
        self.once(&event, |connection, event| {
            Box::pin(async {
                Statement::one(audit::insert(event)).execute(connection).await?;
                Ok(())
            })
        })
        .await
    }
}
