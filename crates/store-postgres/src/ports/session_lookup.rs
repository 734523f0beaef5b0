use async_trait::async_trait;
use doorward_app::{SignedIn, sessions::SessionLookup};
use doorward_kernel::{AuditEvent, SessionId, StoreError, Timestamp};
use doorward_notifier::Message;
use doorward_session::EndOutcome;

use crate::{
    PgStore,
    connection::PgConnection,
    steps::{messages::insert_notices, sessions::end_session},
    store::Abort,
};

#[async_trait]
impl SessionLookup for PgStore {
    async fn find(&self, session: SessionId) -> Result<Option<SignedIn>, StoreError> {
        self.hot.find_session.call(session).await
    }

    async fn end_reused(
        &self,
        session: SessionId,
        notice: Message,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<EndOutcome, StoreError> {
        self.transaction(&(session, notice, now, audit), |connection, (session, notice, now, audit)| {
            Box::pin(end_reused(connection, *session, notice, *now, audit))
        })
        .await
    }
}

async fn end_reused(
    connection: &mut PgConnection,
    session: SessionId,
    notice: &Message,
    now: Timestamp,
    audit: &AuditEvent,
) -> Result<EndOutcome, Abort<EndOutcome>> {
    let outcome = end_session(connection, session, now).await?;
    if outcome == EndOutcome::Ended {
        insert_notices(connection, [notice], audit).await?;
    }
    Ok(outcome)
}
