use diesel::{
    ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection,
    dsl::{exists, not},
    insert_into, select, update,
};
use doorward_kernel::{SessionId, Timestamp, UserId};
use doorward_session::{EndOutcome, Session};

use crate::{columns::Id, rows::SessionRow, schema::sessions};

pub(crate) fn insert_session(connection: &mut SqliteConnection, session: &Session) -> QueryResult<()> {
    insert_into(sessions::table).values(SessionRow::encode(session)).execute(connection)?;
    Ok(())
}

/// Whether the session has ended or never was.
pub(crate) fn has_ended(connection: &mut SqliteConnection, id: SessionId) -> QueryResult<bool> {
    let live = sessions::table.filter(sessions::id.eq(Id::from(id))).filter(sessions::ended_at.is_null());
    select(not(exists(live))).get_result(connection)
}

/// Ends a session, unless it has ended.
pub(crate) fn end_session(connection: &mut SqliteConnection, id: SessionId, now: Timestamp) -> QueryResult<EndOutcome> {
    let live = sessions::table.filter(sessions::id.eq(Id::from(id))).filter(sessions::ended_at.is_null());
    let ended = update(live).set(sessions::ended_at.eq(now.as_micros())).execute(connection)?;
    Ok(if ended > 0 { EndOutcome::Ended } else { EndOutcome::AlreadyEnded })
}

/// Ends every session of an account.
pub(crate) fn end_all_sessions(connection: &mut SqliteConnection, user: UserId, now: Timestamp) -> QueryResult<()> {
    let live = sessions::table.filter(sessions::user_id.eq(Id::from(user))).filter(sessions::ended_at.is_null());
    update(live).set(sessions::ended_at.eq(now.as_micros())).execute(connection)?;
    Ok(())
}

/// Ends every session of an account but the one that goes on.
pub(crate) fn end_other_sessions(
    connection: &mut SqliteConnection,
    user: UserId,
    kept: SessionId,
    now: Timestamp,
) -> QueryResult<()> {
    let live = sessions::table
        .filter(sessions::user_id.eq(Id::from(user)))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::id.ne(Id::from(kept)));
    update(live).set(sessions::ended_at.eq(now.as_micros())).execute(connection)?;
    Ok(())
}

/// Ends every session of an account but the one that goes on, where there is one.
pub(crate) fn end_sessions_but(
    connection: &mut SqliteConnection,
    user: UserId,
    kept: Option<SessionId>,
    now: Timestamp,
) -> QueryResult<()> {
    match kept {
        Some(kept) => end_other_sessions(connection, user, kept, now),
        None => end_all_sessions(connection, user, now),
    }
}
