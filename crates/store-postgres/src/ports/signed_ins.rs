use async_trait::async_trait;
use diesel_async::RunQueryDsl;
use doorward_app::sessions::{SignedIn, SignedIns};
use doorward_kernel::{AuditEvent, SessionId, StoreError, Timestamp};
use doorward_notifier::Message;
use doorward_session::EndOutcome;

use crate::{
    PgStore,
    sql::Statement,
    steps::{audit, messages, sessions},
};

#[async_trait]
impl SignedIns for PgStore {
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
        self.once(&(session, notice, now, audit), |connection, (session, notice, now, audit)| {
            Box::pin(async {
                let ended = Statement::with("ended", sessions::end(*session, *now))
                    .and([messages::insert(notice).guarded_by("ended")])
                    .then(audit::insert(audit).guarded_by("ended"))
                    .execute(connection)
                    .await?;
                Ok(if ended == 1 { EndOutcome::Ended } else { EndOutcome::AlreadyEnded })
            })
        })
        .await
    }
}
