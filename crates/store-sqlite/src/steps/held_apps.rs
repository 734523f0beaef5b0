use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper, SqliteConnection,
    delete, replace_into,
};
use doorward_app::{binding::HeldApp, factors::Outranked};
use doorward_kernel::{ChangeId, Timestamp, UserId};

use crate::{columns::Id, rows::HeldAppRow, schema::held_authenticators};

/// Keeps an app in place of what was held for its account before.
pub(crate) fn keep_held_app(connection: &mut SqliteConnection, held: &HeldApp) -> QueryResult<()> {
    replace_into(held_authenticators::table).values(HeldAppRow::encode(held)).execute(connection)?;
    Ok(())
}

pub(crate) fn find_held_app(connection: &mut SqliteConnection, id: ChangeId) -> QueryResult<Option<HeldApp>> {
    let row = held_authenticators::table.find(Id::from(id)).select(HeldAppRow::as_select());
    row.first(connection).optional()?.map(HeldAppRow::decode).transpose()
}

pub(crate) fn held_app_of(connection: &mut SqliteConnection, user: UserId) -> QueryResult<Option<HeldApp>> {
    let of_user = held_authenticators::table.filter(held_authenticators::user_id.eq(Id::from(user)));
    of_user.select(HeldAppRow::as_select()).first(connection).optional()?.map(HeldAppRow::decode).transpose()
}

/// What is due, the longest due first.
pub(crate) fn due_apps(connection: &mut SqliteConnection, now: Timestamp, limit: u32) -> QueryResult<Vec<HeldApp>> {
    let rows = held_authenticators::table
        .filter(held_authenticators::due_at.is_not_null())
        .filter(held_authenticators::due_at.le(now.as_micros()))
        .order((held_authenticators::due_at, held_authenticators::id))
        .limit(limit.into())
        .select(HeldAppRow::as_select())
        .load(connection)?;
    rows.into_iter().map(HeldAppRow::decode).collect()
}

/// Calls off what is held for an account, unless it replaces one of these.
pub(crate) fn call_off_app(connection: &mut SqliteConnection, user: UserId, kept: &[Outranked]) -> QueryResult<()> {
    let held = held_app_of(connection, user)?;
    if held.and_then(|held| held.replaces).is_some_and(|factor| kept.contains(&factor)) {
        return Ok(());
    }
    purge_held_app(connection, user)
}

/// Forgets what is held for an account.
pub(crate) fn purge_held_app(connection: &mut SqliteConnection, user: UserId) -> QueryResult<()> {
    delete(held_authenticators::table.filter(held_authenticators::user_id.eq(Id::from(user)))).execute(connection)?;
    Ok(())
}
