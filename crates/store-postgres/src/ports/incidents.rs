use async_trait::async_trait;
use diesel_async::RunQueryDsl;
use doorward_app::limits::Incidents;
use doorward_kernel::{AuditEvent, StoreError};

use doorward_notifier::Message;

use crate::{
    PgStore,
    sql::Statement,
    steps::{audit, messages},
};

#[async_trait]
impl Incidents for PgStore {
    async fn record(&self, event: AuditEvent, notice: Option<Message>) -> Result<(), StoreError> {
        self.once(&(event, notice), |connection, (event, notice)| {
            Box::pin(async {
                let parts = notice.as_ref().map(messages::insert).into_iter().chain([audit::insert(event)]).collect();
                if let Some(statement) = Statement::all(parts) {
                    statement.execute(connection).await?;
                }
                Ok(())
            })
        })
        .await
    }
}
