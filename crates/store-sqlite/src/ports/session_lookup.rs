use async_trait::async_trait;
use diesel::{
    ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper,
    SqliteConnection,
};
use doorward_app::{SignedIn, sessions::SessionLookup};
use doorward_kernel::{AuditEvent, SessionId, StoreError, Timestamp};
use doorward_notifier::Message;
use doorward_session::EndOutcome;

use crate::{
    SqliteStore,
    columns::Id,
    rows::{SessionRow, UserRow},
    schema::{sessions, users},
    steps::{audit::insert_audit, messages::insert_message, sessions::end_session},
};

#[async_trait]
impl SessionLookup for SqliteStore {
    async fn find(&self, session: SessionId) -> Result<Option<SignedIn>, StoreError> {
        self.read(|connection| find(connection, session))
    }

    async fn end_reused(
        &self,
        session: SessionId,
        notice: Message,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<EndOutcome, StoreError> {
        self.write(move |connection| Ok(end_reused(connection, session, &notice, now, &audit)?)).await
    }
}

fn find(connection: &mut SqliteConnection, session: SessionId) -> QueryResult<Option<SignedIn>> {
    let row: Option<(SessionRow, UserRow)> = sessions::table
        .inner_join(users::table.on(users::id.eq(sessions::user_id)))
        .filter(sessions::id.eq(Id::from(session)))
        .select((SessionRow::as_select(), UserRow::as_select()))
        .first(connection)
        .optional()?;
    let decode =
        |(session, user): (SessionRow, UserRow)| Ok(SignedIn { session: session.decode()?, user: user.decode()? });
    row.map(decode).transpose()
}

fn end_reused(
    connection: &mut SqliteConnection,
    session: SessionId,
    notice: &Message,
    now: Timestamp,
    audit: &AuditEvent,
) -> QueryResult<EndOutcome> {
    let outcome = end_session(connection, session, now)?;
    if outcome == EndOutcome::Ended {
        insert_message(connection, notice)?;
        insert_audit(connection, audit)?;
    }
    Ok(outcome)
}
