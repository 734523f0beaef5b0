use diesel::{
    ExpressionMethods, NullableExpressionMethods, OptionalExtension, PgExpressionMethods, QueryDsl, QueryResult,
    delete, insert_into, update,
};
use diesel_async::RunQueryDsl;
use doorward_app::sessions::{EndOutcome, SessionCap};
use doorward_kernel::{SessionId, Timestamp, UserId};
use doorward_session::{Methods, Scope, Session};

use super::messages::insert_notices;
use crate::{
    columns::stored,
    connection::PgConnection,
    rows::SessionRow,
    schema::{sessions, users},
    sql::Sql,
};

/// Those that may only bind are left alone: whoever logs in often enough could end the owner's way back.
const EVICT_OLDEST: &str = "UPDATE sessions SET ended_at = $now WHERE ended_at IS NULL AND id IN ( \
    SELECT id FROM sessions WHERE user_id = $user AND ended_at IS NULL AND id <> $kept AND scope = 'full' \
    AND last_seen_at > $used_after AND created_at > $opened_after ORDER BY last_seen_at DESC, id DESC OFFSET $others)";

/// Opens a session and ends the least recently used ones of its account that are too many then.
pub(crate) async fn open_session(
    connection: &mut PgConnection,
    session: &Session,
    cap: &SessionCap,
    now: Timestamp,
) -> QueryResult<()> {
    insert_into(sessions::table).values(SessionRow::encode(session)).execute(connection).await?;
    evict_oldest(connection, session, cap, now).await
}

/// Ends the least recently used sessions of the account that are too many beside the new one.
///
/// The account must be locked by a statement before this one, or logins at the same time would
/// not see each other's sessions.
pub(crate) async fn evict_oldest(
    connection: &mut PgConnection,
    session: &Session,
    cap: &SessionCap,
    now: Timestamp,
) -> QueryResult<()> {
    let ended = Sql::new(EVICT_OLDEST)
        .bind("user", session.user.as_uuid())
        .bind("kept", session.id.as_uuid())
        .bind("used_after", stored(cap.used_after))
        .bind("opened_after", stored(cap.opened_after))
        .bind("others", i64::from(cap.most) - 1)
        .bind("now", stored(now));
    if ended.execute(connection).await? > 0 {
        insert_notices(connection, [&cap.notice], &cap.audit).await?;
    }
    Ok(())
}

/// Whether the session, where one is named, has ended or never was.
///
/// Asked once the account is locked, and the session is held from then on: whoever ends all sessions of an
/// account locks that first, and whoever ends this one waits.
pub(crate) async fn has_ended(connection: &mut PgConnection, session: Option<SessionId>) -> QueryResult<bool> {
    Ok(methods_of(connection, session).await?.is_none())
}

/// Locks the session and returns how its owner was verified; `None` when it has ended, nothing where none is named.
pub(crate) async fn methods_of(
    connection: &mut PgConnection,
    session: Option<SessionId>,
) -> QueryResult<Option<Methods>> {
    let Some(session) = session else { return Ok(Some(Methods::default())) };
    let live = sessions::table.find(session.as_uuid()).filter(sessions::ended_at.is_null());
    let methods: Option<String> = live.select(sessions::methods).for_share().first(connection).await.optional()?;
    Ok(methods.map(|methods| Methods::parse(&methods)))
}

/// Ends a session, unless it has ended.
pub(crate) async fn end_session(
    connection: &mut PgConnection,
    id: SessionId,
    now: Timestamp,
) -> QueryResult<EndOutcome> {
    let live = sessions::table.find(id.as_uuid()).filter(sessions::ended_at.is_null());
    let ended = update(live).set(sessions::ended_at.eq(stored(now))).execute(connection).await?;
    Ok(if ended > 0 { EndOutcome::Ended } else { EndOutcome::AlreadyEnded })
}

/// Ends every session of an account, makes its device tokens worth nothing, and returns how many sessions.
pub(crate) async fn end_all_sessions(
    connection: &mut PgConnection,
    user: UserId,
    now: Timestamp,
) -> QueryResult<usize> {
    let account = update(users::table.find(user.as_uuid()));
    account.set(users::device_generation.eq(users::device_generation + 1)).execute(connection).await?;
    let live = sessions::table.filter(sessions::user_id.eq(user.as_uuid())).filter(sessions::ended_at.is_null());
    update(live).set(sessions::ended_at.eq(stored(now))).execute(connection).await
}

/// Deletes the sessions of an account that may only bind, ended or not: their notices undo nothing from now on.
pub(crate) async fn purge_binding_sessions(connection: &mut PgConnection, user: UserId) -> QueryResult<()> {
    let binding = sessions::table
        .filter(sessions::user_id.eq(user.as_uuid()))
        .filter(sessions::scope.eq(Scope::Binding.as_str()));
    delete(binding).execute(connection).await?;
    Ok(())
}

/// Ends every session of an account but the one that goes on.
pub(crate) async fn end_other_sessions(
    connection: &mut PgConnection,
    user: UserId,
    kept: SessionId,
    now: Timestamp,
) -> QueryResult<()> {
    let live = sessions::table
        .filter(sessions::user_id.eq(user.as_uuid()))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::id.ne(kept.as_uuid()));
    update(live).set(sessions::ended_at.eq(stored(now))).execute(connection).await?;
    Ok(())
}

/// Ends the sessions of an account but the one that goes on, where there is one, and those that may only bind: they
/// are the way back of an owner whose number somebody else has. Tells how many.
pub(crate) async fn end_sessions_but(
    connection: &mut PgConnection,
    user: UserId,
    kept: Option<SessionId>,
    now: Timestamp,
) -> QueryResult<usize> {
    let others = sessions::table
        .filter(sessions::user_id.eq(user.as_uuid()))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::scope.eq(Scope::Full.as_str()))
        .filter(sessions::id.nullable().is_distinct_from(kept.map(SessionId::as_uuid)));
    update(others).set(sessions::ended_at.eq(stored(now))).execute(connection).await
}
