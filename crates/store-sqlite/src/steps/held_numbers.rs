use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper, SqliteConnection,
    delete, insert_into,
};
use doorward_app::binding::HeldNumber;
use doorward_kernel::{ChangeId, Timestamp, UserId};

use crate::{columns::Id, rows::HeldNumberRow, schema::held_numbers};

/// Holds a number in place of what was held for its account before.
pub(crate) fn hold_number(connection: &mut SqliteConnection, held: &HeldNumber) -> QueryResult<()> {
    call_off(connection, held.user)?;
    insert_into(held_numbers::table).values(HeldNumberRow::encode(held)).execute(connection)?;
    Ok(())
}

pub(crate) fn find_held(connection: &mut SqliteConnection, id: ChangeId) -> QueryResult<Option<HeldNumber>> {
    let row = held_numbers::table.find(Id::from(id)).select(HeldNumberRow::as_select());
    row.first(connection).optional()?.map(HeldNumberRow::decode).transpose()
}

/// What is due, the longest due first.
pub(crate) fn find_due(connection: &mut SqliteConnection, now: Timestamp, limit: u32) -> QueryResult<Vec<HeldNumber>> {
    let rows = held_numbers::table
        .filter(held_numbers::due_at.le(now.as_micros()))
        .order((held_numbers::due_at, held_numbers::id))
        .limit(limit.into())
        .select(HeldNumberRow::as_select())
        .load(connection)?;
    rows.into_iter().map(HeldNumberRow::decode).collect()
}

/// Forgets what is held, and tells whether anything was.
pub(crate) fn purge_held(connection: &mut SqliteConnection, id: ChangeId) -> QueryResult<bool> {
    Ok(delete(held_numbers::table.find(Id::from(id))).execute(connection)? > 0)
}

/// Calls off what is held for an account.
pub(crate) fn call_off(connection: &mut SqliteConnection, user: UserId) -> QueryResult<()> {
    delete(held_numbers::table.filter(held_numbers::user_id.eq(Id::from(user)))).execute(connection)?;
    Ok(())
}
