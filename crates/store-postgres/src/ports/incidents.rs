use async_trait::async_trait;
use doorward_app::limits::Incidents;
use doorward_kernel::{AuditEvent, StoreError};
use doorward_notifier::Message;

use crate::{PgStore, steps::messages::insert_notices};

#[async_trait]
impl Incidents for PgStore {
    async fn record(&self, event: AuditEvent, notice: Option<Message>) -> Result<(), StoreError> {
        self.write_one(async |connection| insert_notices(connection, &notice, &event).await).await
    }
}
