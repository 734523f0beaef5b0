use std::cmp::Reverse;

use async_trait::async_trait;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods, OptionalExtension, QueryDsl,
    QueryResult, RunQueryDsl, SelectableHelper, SqliteConnection, alias, delete, dsl::exists, select, update,
};
use doorward_app::{
    SignedIn,
    sessions::{CompleteStepUp, EndOthersOutcome, EndOutcome, RotateOutcome, Sessions, StepUpOutcome},
};
use doorward_kernel::{AuditEvent, SessionId, StoreError, Timestamp, UserId};
use doorward_notifier::Message;
use doorward_session::{Generation, Methods, Session};
use doorward_user::UserStatus;

use crate::{
    SqliteStore,
    columns::{Id, later},
    rows::{SessionRow, UserRow},
    schema::{sessions, users},
    steps::{
        audit::insert_audit,
        authenticators::spend_code,
        challenges::close_challenge,
        messages::insert_message,
        sessions::{end_session, end_sessions_but},
    },
    writer::{Halt, StepResult},
};

/// The condition says what the index says, or it is not used.
const FORGET_CLIENTS: &str = "UPDATE sessions SET device = NULL, network = NULL WHERE id IN ( \
     SELECT id FROM sessions WHERE created_at < ?1 AND (device IS NOT NULL OR network IS NOT NULL) \
     ORDER BY created_at LIMIT ?2)";

#[async_trait]
impl Sessions for SqliteStore {
    async fn find(&self, session: SessionId) -> Result<Option<SignedIn>, StoreError> {
        self.read(|connection| find(connection, session))
    }

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

    async fn note_methods(
        &self,
        session: SessionId,
        seen: Methods,
        methods: Methods,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| Ok(note_methods(connection, session, (&seen, &methods), now)?)).await
    }

    async fn end(&self, session: SessionId, now: Timestamp, audit: AuditEvent) -> Result<EndOutcome, StoreError> {
        self.write(move |connection| Ok(end(connection, session, now, &audit)?)).await
    }

    async fn fall_back(&self, session: SessionId, now: Timestamp, audit: AuditEvent) -> Result<(), StoreError> {
        self.write(move |connection| Ok(fall_back(connection, session, now, &audit)?)).await
    }

    async fn list(&self, user: UserId, used_after: Timestamp) -> Result<Vec<Session>, StoreError> {
        self.read(|connection| list(connection, user, used_after))
    }

    async fn end_others(
        &self,
        user: UserId,
        kept: SessionId,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<EndOthersOutcome, StoreError> {
        self.write(move |connection| Ok(end_others(connection, user, kept, now, &audit)?)).await
    }

    async fn forget(&self, ended_before: Timestamp, used_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(move |connection| Ok(forget(connection, ended_before, used_before, limit)?)).await
    }

    async fn purge_clients(&self, opened_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.sweep(FORGET_CLIENTS, opened_before, limit).await
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

    async fn step_up(&self, complete: CompleteStepUp) -> Result<StepUpOutcome, StoreError> {
        self.write(move |connection| step_up(connection, &complete)).await
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
        return Ok(RotateOutcome::Conflict);
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

fn note_methods(
    connection: &mut SqliteConnection,
    session: SessionId,
    (seen, methods): (&Methods, &Methods),
    now: Timestamp,
) -> QueryResult<()> {
    let as_seen = sessions::table
        .filter(sessions::id.eq(Id::from(session)))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::methods.eq(seen.to_text()));
    let values =
        (sessions::methods.eq(methods.to_text()), sessions::auth_time.eq(later(sessions::auth_time, now.as_micros())));
    update(as_seen).set(values).execute(connection)?;
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

fn fall_back(
    connection: &mut SqliteConnection,
    session: SessionId,
    now: Timestamp,
    audit: &AuditEvent,
) -> QueryResult<()> {
    let is_unnoted = sessions::fell_back_at.is_null().or(sessions::fell_back_at.lt(sessions::last_seen_at.nullable()));
    let live = sessions::table
        .filter(sessions::id.eq(Id::from(session)))
        .filter(sessions::ended_at.is_null())
        .filter(is_unnoted);
    if update(live).set(sessions::fell_back_at.eq(now.as_micros())).execute(connection)? > 0 {
        insert_audit(connection, audit)?;
    }
    Ok(())
}

fn list(connection: &mut SqliteConnection, user: UserId, used_after: Timestamp) -> QueryResult<Vec<Session>> {
    let rows: Vec<SessionRow> = sessions::table
        .filter(sessions::user_id.eq(Id::from(user)))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::last_seen_at.gt(used_after.as_micros()))
        .select(SessionRow::as_select())
        .load(connection)?;
    let mut found = rows.into_iter().map(SessionRow::decode).collect::<QueryResult<Vec<_>>>()?;
    found.sort_unstable_by_key(|session| Reverse((session.last_seen_at, session.id)));
    Ok(found)
}

fn end_others(
    connection: &mut SqliteConnection,
    user: UserId,
    kept: SessionId,
    now: Timestamp,
    audit: &AuditEvent,
) -> QueryResult<EndOthersOutcome> {
    let live = sessions::table
        .filter(sessions::id.eq(Id::from(kept)))
        .filter(sessions::user_id.eq(Id::from(user)))
        .filter(sessions::ended_at.is_null());
    if !select(exists(live)).get_result(connection)? {
        return Ok(EndOthersOutcome::Conflict);
    }
    let count = end_sessions_but(connection, user, Some(kept), now)?;
    if count > 0 {
        insert_audit(connection, audit)?;
    }
    Ok(EndOthersOutcome::Ended { count: u64::try_from(count).unwrap_or(u64::MAX) })
}

/// In two statements, as no index knows both kinds of end.
fn forget(
    connection: &mut SqliteConnection,
    ended_before: Timestamp,
    used_before: Timestamp,
    limit: u32,
) -> QueryResult<u64> {
    let over = alias!(sessions as over);
    let ended = over
        .filter(over.field(sessions::ended_at).lt(ended_before.as_micros()))
        .order(over.field(sessions::ended_at))
        .limit(limit.into())
        .select(over.field(sessions::id));
    let ended = delete(sessions::table.filter(sessions::id.eq_any(ended))).execute(connection)?;
    let left = i64::from(limit).saturating_sub(i64::try_from(ended).unwrap_or(i64::MAX));
    let unused = over
        .filter(over.field(sessions::ended_at).is_null())
        .filter(over.field(sessions::last_seen_at).lt(used_before.as_micros()))
        .order(over.field(sessions::last_seen_at))
        .limit(left.max(0))
        .select(over.field(sessions::id));
    let unused = delete(sessions::table.filter(sessions::id.eq_any(unused))).execute(connection)?;
    Ok(u64::try_from(ended + unused).unwrap_or(u64::MAX))
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

fn step_up(connection: &mut SqliteConnection, complete: &CompleteStepUp) -> StepResult<StepUpOutcome> {
    if !close_challenge(connection, complete.challenge, complete.now)? {
        return Ok(StepUpOutcome::Closed);
    }
    if move_on(connection, complete)? == 0 {
        return Err(Halt::conflict(StepUpOutcome::Conflict));
    }
    if !spend_code(connection, complete.spends.as_ref())? {
        return Err(Halt::conflict(StepUpOutcome::CodeRefused));
    }
    insert_audit(connection, &complete.audit)?;
    Ok(StepUpOutcome::SteppedUp)
}

fn move_on(
    connection: &mut SqliteConnection,
    CompleteStepUp { from, session, .. }: &CompleteStepUp,
) -> QueryResult<usize> {
    let owner =
        users::table.filter(users::id.eq(sessions::user_id)).filter(users::status.eq(UserStatus::Active.as_str()));
    let seen = sessions::table
        .filter(sessions::id.eq(Id::from(session.id)))
        .filter(sessions::user_id.eq(Id::from(session.user)))
        .filter(sessions::generation.eq(i64::from(from.0)))
        .filter(sessions::ended_at.is_null())
        .filter(exists(owner));
    let values = (
        sessions::generation.eq(i64::from(session.generation.0)),
        sessions::rotated_at.eq(session.rotated_at.as_micros()),
        sessions::methods.eq(session.methods.to_text()),
        sessions::auth_time.eq(session.auth_time.as_micros()),
        sessions::last_seen_at.eq(later(sessions::last_seen_at, session.last_seen_at.as_micros())),
    );
    update(seen).set(values).execute(connection)
}
