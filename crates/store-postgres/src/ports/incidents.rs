use async_trait::async_trait;
use doorward_app::limits::Incidents;
use doorward_kernel::{AuditEvent, StoreError};
use doorward_notifier::Message;

use crate::{
    PgStore,
    steps::{audit::insert_audit, messages::insert_messages},
};

#[async_trait]
impl Incidents for PgStore {
    async fn record(&self, event: AuditEvent, notice: Option<Message>) -> Result<(), StoreError> {
        self.transaction(&(event, notice), |connection, (event, notice)| {
            Box::pin(async move {
                insert_messages(connection, notice).await?;
                Ok(insert_audit(connection, event).await?)
            })
        })
        .await
    }
}
