use async_trait::async_trait;
use doorward_app::limits::Incidents;
use doorward_kernel::{AuditEvent, StoreError};

use doorward_notifier::Message;

use crate::{
    SqliteStore,
    steps::{audit::insert_audit, messages::insert_messages},
};

#[async_trait]
impl Incidents for SqliteStore {
    async fn record(&self, event: AuditEvent, notice: Option<Message>) -> Result<(), StoreError> {
        self.write(move |connection| {
            insert_messages(connection, &notice)?;
            Ok(insert_audit(connection, &event)?)
        })
        .await
    }
}
