use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, delete, insert_into,
    update,
};
use doorward_app::sessions::{EndOutcome, NewDevice, SessionCap, SessionCounts};
use doorward_kernel::{SessionId, Timestamp, UserId};
use doorward_session::{Methods, Scope, Session};
use doorward_user::{LoginRecord, User};

use super::{
    audit::insert_audit,
    messages::{insert_leased_message, insert_message},
};
use crate::{
    columns::Id,
    rows::SessionRow,
    schema::{sessions, users},
};

fn insert_session(connection: &mut SqliteConnection, session: &Session) -> QueryResult<()> {
    insert_into(sessions::table).values(SessionRow::encode(session)).execute(connection)?;
    Ok(())
}

/// Returns whether the session has ended or never was.
pub(crate) fn has_ended(connection: &mut SqliteConnection, id: SessionId) -> QueryResult<bool> {
    Ok(methods_of(connection, id)?.is_none())
}

/// Returns how the owner of the session was verified; `None` when it has ended or never was.
pub(crate) fn methods_of(connection: &mut SqliteConnection, id: SessionId) -> QueryResult<Option<Methods>> {
    let live = sessions::table.find(Id::from(id)).filter(sessions::ended_at.is_null());
    let methods: Option<String> = live.select(sessions::methods).first(connection).optional()?;
    Ok(methods.map(|methods| Methods::parse(&methods)))
}

/// Opens a session and ends the least recently used ones of its account that are too many then.
pub(crate) fn open_session(
    connection: &mut SqliteConnection,
    counts: &SessionCounts,
    session: &Session,
    cap: &SessionCap,
    now: Timestamp,
) -> QueryResult<()> {
    if counts.is_due(session.user, cap.most, now) {
        let live = evict_oldest(connection, session.user, cap, now)?;
        counts.note(session.user, live, now);
    }
    insert_session(connection, session)
}

/// Tells the owner of a device, unless that was told of another one since then; gives the account as it is now.
pub(crate) fn tell_of_device(
    connection: &mut SqliteConnection,
    user: User,
    device: Option<&NewDevice>,
    now: Timestamp,
) -> QueryResult<User> {
    let notified_at = user.logins.new_device_notified_at;
    let Some(device) =
        device.filter(|device| notified_at.is_none_or(|notified_at| notified_at <= device.unless_notified_since))
    else {
        return Ok(user);
    };
    let account = update(users::table.find(Id::from(user.id)));
    account.set(users::new_device_notified_at.eq(now.as_micros())).execute(connection)?;
    insert_leased_message(connection, &device.notice, device.leased_until)?;
    let logins = LoginRecord { new_device_notified_at: Some(now), ..user.logins };
    Ok(User { logins, ..user })
}

/// Ends the least recently used sessions that are too many beside a new one, and tells how many were live.
///
/// Those that may only bind are left alone: whoever logs in often enough could end the owner's way back.
fn evict_oldest(connection: &mut SqliteConnection, user: UserId, cap: &SessionCap, now: Timestamp) -> QueryResult<u32> {
    let live = sessions::table
        .filter(sessions::user_id.eq(Id::from(user)))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::scope.eq(Scope::Full.as_str()))
        .filter(sessions::last_seen_at.gt(cap.used_after.as_micros()))
        .filter(sessions::created_at.gt(cap.opened_after.as_micros()));
    let mut live: Vec<(i64, Id)> = live.select((sessions::last_seen_at, sessions::id)).load(connection)?;
    let count = u32::try_from(live.len()).unwrap_or(u32::MAX);
    live.sort_unstable_by(|one, other| other.cmp(one));
    let kept = usize::try_from(cap.most).unwrap_or(usize::MAX).saturating_sub(1);
    let surplus: Vec<Id> = live.into_iter().skip(kept).map(|(_, id)| id).collect();
    for id in &surplus {
        update(sessions::table.find(id)).set(sessions::ended_at.eq(now.as_micros())).execute(connection)?;
    }
    if !surplus.is_empty() {
        insert_message(connection, &cap.notice)?;
        insert_audit(connection, &cap.audit)?;
    }
    Ok(count)
}

/// Ends a session, unless it has ended.
pub(crate) fn end_session(connection: &mut SqliteConnection, id: SessionId, now: Timestamp) -> QueryResult<EndOutcome> {
    let live = sessions::table.filter(sessions::id.eq(Id::from(id))).filter(sessions::ended_at.is_null());
    let ended = update(live).set(sessions::ended_at.eq(now.as_micros())).execute(connection)?;
    Ok(if ended > 0 { EndOutcome::Ended } else { EndOutcome::AlreadyEnded })
}

/// Ends every session of an account, makes its device tokens worth nothing, and returns how many sessions.
pub(crate) fn end_all_sessions(connection: &mut SqliteConnection, user: UserId, now: Timestamp) -> QueryResult<usize> {
    let account = update(users::table.find(Id::from(user)));
    account.set(users::device_generation.eq(users::device_generation + 1)).execute(connection)?;
    let live = sessions::table.filter(sessions::user_id.eq(Id::from(user))).filter(sessions::ended_at.is_null());
    update(live).set(sessions::ended_at.eq(now.as_micros())).execute(connection)
}

/// Deletes the sessions of an account that may only bind, ended or not: their notices undo nothing from now on.
pub(crate) fn purge_binding_sessions(connection: &mut SqliteConnection, user: UserId) -> QueryResult<()> {
    let binding = sessions::table
        .filter(sessions::user_id.eq(Id::from(user)))
        .filter(sessions::scope.eq(Scope::Binding.as_str()));
    delete(binding).execute(connection)?;
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

/// Ends the sessions of an account but the one that goes on, where there is one, and those that may only bind: they
/// are the way back of an owner whose number somebody else has. Tells how many.
pub(crate) fn end_sessions_but(
    connection: &mut SqliteConnection,
    user: UserId,
    kept: Option<SessionId>,
    now: Timestamp,
) -> QueryResult<usize> {
    let others = sessions::table
        .filter(sessions::user_id.eq(Id::from(user)))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::scope.eq(Scope::Full.as_str()));
    let end = sessions::ended_at.eq(now.as_micros());
    match kept {
        Some(kept) => update(others.filter(sessions::id.ne(Id::from(kept)))).set(end).execute(connection),
        None => update(others).set(end).execute(connection),
    }
}
