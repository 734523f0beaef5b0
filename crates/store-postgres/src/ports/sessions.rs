use async_trait::async_trait;
use diesel::{
    ExpressionMethods, QueryDsl, QueryResult, SelectableHelper,
    dsl::exists,
    select,
    sql_types::{BigInt, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::{AuditEvent, SessionId, StoreError, Timestamp, UserId};
use doorward_session::{EndOthersOutcome, EndOutcome, Generation, Methods, RotateOutcome, Session, Sessions};

use crate::{
    PgStore,
    connection::PgConnection,
    hot::Rotate,
    rows::{SessionRow, decode, stored},
    schema::sessions as session_table,
    sql::{Sql, Statement},
    steps::{audit, sessions, users},
    store::Abort,
};

/// The condition says what the index says, or it is not used.
const FORGET_CLIENTS: &str = "UPDATE sessions SET device = NULL, network = NULL WHERE id IN ( \
     SELECT id FROM sessions WHERE created_at < $1 AND (device IS NOT NULL OR network IS NOT NULL) \
     ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)";

#[async_trait]
impl Sessions for PgStore {
    async fn rotate(
        &self,
        session: SessionId,
        from: Generation,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<RotateOutcome, StoreError> {
        self.hot.rotate.call(Rotate { session, from, now, audit }).await
    }

    async fn touch(&self, session: SessionId, now: Timestamp) -> Result<(), StoreError> {
        // Noting a use twice is noting it once, so a lost connection does no harm.
        self.repeatable(&(session, now), |connection, (session, now)| {
            Box::pin(async {
                let touch = Sql::new(
                    "UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2 AND ended_at IS NULL",
                )
                .bind::<Uuid, _>(session.as_uuid())
                .bind::<Timestamptz, _>(stored(*now));
                Statement::one(touch).execute(connection).await?;
                Ok(())
            })
        })
        .await
    }

    async fn note_methods(
        &self,
        session: SessionId,
        seen: Methods,
        methods: Methods,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // Noting it twice is noting it once.
        self.repeatable(&(session, seen, methods, now), |connection, (session, seen, methods, now)| {
            Box::pin(async {
                let note = Sql::new(
                    "UPDATE sessions SET methods = $3, auth_time = greatest(auth_time, $4) \
                     WHERE id = $1 AND methods = $2 AND ended_at IS NULL",
                )
                .bind::<Uuid, _>(session.as_uuid())
                .bind::<Text, _>(seen.to_text())
                .bind::<Text, _>(methods.to_text())
                .bind::<Timestamptz, _>(stored(*now));
                Statement::one(note).execute(connection).await?;
                Ok(())
            })
        })
        .await
    }

    async fn end(&self, session: SessionId, now: Timestamp, audit: AuditEvent) -> Result<EndOutcome, StoreError> {
        self.once(&(session, now, audit), |connection, (session, now, audit)| {
            Box::pin(end(connection, *session, *now, audit))
        })
        .await
    }

    async fn fall_back(&self, session: SessionId, now: Timestamp, audit: AuditEvent) -> Result<(), StoreError> {
        self.once(&(session, now, audit), |connection, (session, now, audit)| {
            Box::pin(async {
                let noted = Statement::with("noted", fall_back(*session, *now));
                noted.then(audit::insert(audit).guarded_by("noted")).execute(connection).await?;
                Ok(())
            })
        })
        .await
    }

    async fn list(&self, user: UserId, used_after: Timestamp) -> Result<Vec<Session>, StoreError> {
        self.repeatable(&(user, used_after), |connection, (user, used_after)| {
            Box::pin(async {
                let live = session_table::table
                    .filter(session_table::user_id.eq(user.as_uuid()))
                    .filter(session_table::ended_at.is_null())
                    .filter(session_table::last_seen_at.gt(stored(*used_after)))
                    .order((session_table::last_seen_at.desc(), session_table::id.desc()))
                    .select(SessionRow::as_select());
                let rows: Vec<SessionRow> = live.load(connection).await?;
                rows.into_iter().map(decode).collect()
            })
        })
        .await
    }

    async fn end_others(
        &self,
        user: UserId,
        kept: SessionId,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<EndOthersOutcome, StoreError> {
        self.transaction(&(user, kept, now, audit), |connection, (user, kept, now, audit)| {
            Box::pin(end_others(connection, *user, *kept, *now, audit))
        })
        .await
    }

    async fn forget(&self, ended_before: Timestamp, used_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.once(&(ended_before, used_before, limit), |connection, (ended_before, used_before, limit)| {
            Box::pin(async {
                let over =
                    Statement::with("ended", ended(*ended_before, *limit)).with("unused", unused(*used_before, *limit));
                let forgotten = over.then(forget(*limit)).execute(connection).await?;
                Ok(u64::try_from(forgotten).unwrap_or(u64::MAX))
            })
        })
        .await
    }

    async fn forget_clients(&self, opened_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.sweep(FORGET_CLIENTS, opened_before, limit).await
    }
}

async fn end(
    connection: &mut PgConnection,
    session: SessionId,
    now: Timestamp,
    audit: &AuditEvent,
) -> QueryResult<EndOutcome> {
    let ended = Statement::with("ended", sessions::end(session, now))
        .then(audit::insert(audit).guarded_by("ended"))
        .execute(connection)
        .await?;
    Ok(if ended == 1 { EndOutcome::Ended } else { EndOutcome::AlreadyEnded })
}

fn fall_back<'a>(session: SessionId, now: Timestamp) -> Sql<'a> {
    Sql::new(
        "UPDATE sessions SET fell_back_at = $2 WHERE id = $1 AND ended_at IS NULL \
         AND (fell_back_at IS NULL OR fell_back_at < last_seen_at) RETURNING id",
    )
    .bind::<Uuid, _>(session.as_uuid())
    .bind::<Timestamptz, _>(stored(now))
}

/// The account is locked first, so that of two sessions which end each other the later call finds itself ended.
async fn end_others(
    connection: &mut PgConnection,
    user: UserId,
    kept: SessionId,
    now: Timestamp,
    audit: &AuditEvent,
) -> Result<EndOthersOutcome, Abort<EndOthersOutcome>> {
    users::lock(connection, user, std::iter::empty()).await?;
    let own = session_table::table
        .find(kept.as_uuid())
        .filter(session_table::user_id.eq(user.as_uuid()))
        .filter(session_table::ended_at.is_null());
    // A logout at the same time may still end it; then nobody is left logged in, as both asked for.
    if !select(exists(own)).get_result::<bool>(connection).await? {
        return Ok(EndOthersOutcome::Lost);
    }
    let ended = Statement::one(sessions::end_others(user, Some(kept), now)).execute(connection).await?;
    if ended > 0 {
        Statement::one(audit::insert(audit)).execute(connection).await?;
    }
    Ok(EndOthersOutcome::Ended { count: u64::try_from(ended).unwrap_or(u64::MAX) })
}

/// Leaves out what another node is sweeping already; so does the next one.
fn ended<'a>(before: Timestamp, limit: u32) -> Sql<'a> {
    Sql::new("SELECT id FROM sessions WHERE ended_at < $1 ORDER BY ended_at LIMIT $2 FOR UPDATE SKIP LOCKED")
        .bind::<Timestamptz, _>(stored(before))
        .bind::<BigInt, _>(i64::from(limit))
}

fn unused<'a>(before: Timestamp, limit: u32) -> Sql<'a> {
    Sql::new(
        "SELECT id FROM sessions WHERE ended_at IS NULL AND last_seen_at < $1 \
         ORDER BY last_seen_at LIMIT $2 FOR UPDATE SKIP LOCKED",
    )
    .bind::<Timestamptz, _>(stored(before))
    .bind::<BigInt, _>(i64::from(limit))
}

fn forget<'a>(limit: u32) -> Sql<'a> {
    Sql::new(
        "DELETE FROM sessions WHERE id IN ( \
             SELECT id FROM (SELECT id FROM ended UNION ALL SELECT id FROM unused) AS over LIMIT $1)",
    )
    .bind::<BigInt, _>(i64::from(limit))
}
