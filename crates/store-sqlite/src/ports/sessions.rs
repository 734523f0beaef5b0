use async_trait::async_trait;
use diesel::{
    ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, define_sql_function, dsl::exists,
    sql_types::BigInt, update,
};
use doorward_kernel::{AuditEvent, SessionId, StoreError, Timestamp};
use doorward_session::{EndOutcome, Generation, RotateOutcome, Sessions};
use doorward_user::UserStatus;

use crate::{
    SqliteStore,
    columns::Id,
    schema::{sessions, users},
    steps::{audit::insert_audit, sessions::end_session},
};

define_sql_function! {
    /// The greater of two numbers.
    #[sql_name = "max"]
    fn later(one: BigInt, other: BigInt) -> BigInt;
}

#[async_trait]
impl Sessions for SqliteStore {
    async fn rotate(
        &self,
        session: SessionId,
        from: Generation,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<RotateOutcome, StoreError> {
        self.write(move |connection| Ok(rotate(connection, session, from, now, &audit)?)).await
    }

    async fn touch(&self, session: SessionId, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |connection| Ok(touch(connection, session, now)?)).await
    }

    async fn end(&self, session: SessionId, now: Timestamp, audit: AuditEvent) -> Result<EndOutcome, StoreError> {
        self.write(move |connection| Ok(end(connection, session, now, &audit)?)).await
    }
}

fn rotate(
    connection: &mut SqliteConnection,
    session: SessionId,
    from: Generation,
    now: Timestamp,
    audit: &AuditEvent,
) -> QueryResult<RotateOutcome> {
    let owner =
        users::table.filter(users::id.eq(sessions::user_id)).filter(users::status.eq(UserStatus::Active.as_str()));
    let seen = sessions::table
        .filter(sessions::id.eq(Id::from(session)))
        .filter(sessions::generation.eq(i64::from(from.0)))
        .filter(sessions::ended_at.is_null())
        .filter(exists(owner));
    let values = (
        sessions::generation.eq(i64::from(from.next().0)),
        sessions::rotated_at.eq(now.as_micros()),
        sessions::last_seen_at.eq(later(sessions::last_seen_at, now.as_micros())),
    );
    if update(seen).set(values).execute(connection)? == 0 {
        return Ok(RotateOutcome::Lost);
    }
    insert_audit(connection, audit)?;
    Ok(RotateOutcome::Rotated)
}

fn touch(connection: &mut SqliteConnection, session: SessionId, now: Timestamp) -> QueryResult<()> {
    let earlier = sessions::table
        .filter(sessions::id.eq(Id::from(session)))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::last_seen_at.lt(now.as_micros()));
    update(earlier).set(sessions::last_seen_at.eq(now.as_micros())).execute(connection)?;
    Ok(())
}

fn end(
    connection: &mut SqliteConnection,
    session: SessionId,
    now: Timestamp,
    audit: &AuditEvent,
) -> QueryResult<EndOutcome> {
    let outcome = end_session(connection, session, now)?;
    if outcome == EndOutcome::Ended {
        insert_audit(connection, audit)?;
    }
    Ok(outcome)
}
