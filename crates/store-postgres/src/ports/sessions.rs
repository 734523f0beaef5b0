use async_trait::async_trait;
use diesel::{
    QueryResult,
    sql_types::{BigInt, Timestamptz, Uuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use doorward_kernel::{AuditEvent, SessionId, StoreError, Timestamp};
use doorward_session::{EndOutcome, Generation, RotateOutcome, Sessions};

use crate::{
    PgStore,
    rows::stored,
    sql::{Sql, Statement},
    steps::{audit, sessions},
};

#[async_trait]
impl Sessions for PgStore {
    async fn rotate(
        &self,
        session: SessionId,
        from: Generation,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<RotateOutcome, StoreError> {
        self.once(&(session, from, now, audit), |connection, (session, from, now, audit)| {
            Box::pin(async {
                let rotated = Statement::with("rotated", rotate(*session, *from, *now))
                    .then(audit::insert(audit).guarded_by("rotated"))
                    .execute(connection)
                    .await?;
                Ok(if rotated == 1 { RotateOutcome::Rotated } else { RotateOutcome::Lost })
            })
        })
        .await
    }

    async fn touch(&self, session: SessionId, now: Timestamp) -> Result<(), StoreError> {
        // Noting a use twice is noting it once, so a lost connection does no harm.
        self.repeatable(&(session, now), |connection, (session, now)| {
            Box::pin(async {
                let touch = Sql::new("UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2")
                    .bind::<Uuid, _>(session.as_uuid())
                    .bind::<Timestamptz, _>(stored(*now));
                Statement::one(touch).execute(connection).await?;
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
}

fn rotate<'a>(session: SessionId, from: Generation, now: Timestamp) -> Sql<'a> {
    Sql::new(
        "UPDATE sessions SET generation = $3, rotated_at = $4, last_seen_at = greatest(last_seen_at, $4) \
         FROM users WHERE sessions.id = $1 AND generation = $2 AND ended_at IS NULL \
         AND users.id = sessions.user_id AND users.status = 'active' RETURNING sessions.id",
    )
    .bind::<Uuid, _>(session.as_uuid())
    .bind::<BigInt, _>(i64::from(from.0))
    .bind::<BigInt, _>(i64::from(from.next().0))
    .bind::<Timestamptz, _>(stored(now))
}

async fn end(
    connection: &mut AsyncPgConnection,
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
