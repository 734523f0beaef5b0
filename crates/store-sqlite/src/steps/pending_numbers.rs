use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper, SqliteConnection,
    delete, insert_into,
};
use doorward_app::binding::PendingNumber;
use doorward_kernel::{ChangeId, Timestamp, UserId};

use crate::{columns::Id, rows::PendingNumberRow, schema::pending_numbers};

/// Stores a pending number in place of the account's previous one.
pub(crate) fn schedule_number(connection: &mut SqliteConnection, pending: &PendingNumber) -> QueryResult<()> {
    cancel(connection, pending.user)?;
    insert_into(pending_numbers::table).values(PendingNumberRow::encode(pending)).execute(connection)?;
    Ok(())
}

pub(crate) fn find_pending_number(
    connection: &mut SqliteConnection,
    id: ChangeId,
) -> QueryResult<Option<PendingNumber>> {
    let row = pending_numbers::table.find(Id::from(id)).select(PendingNumberRow::as_select());
    row.first(connection).optional()?.map(PendingNumberRow::decode).transpose()
}

/// The due ones, the longest due first.
pub(crate) fn find_due(
    connection: &mut SqliteConnection,
    now: Timestamp,
    limit: u32,
) -> QueryResult<Vec<PendingNumber>> {
    let rows = pending_numbers::table
        .filter(pending_numbers::due_at.le(now.as_micros()))
        .order((pending_numbers::due_at, pending_numbers::id))
        .limit(limit.into())
        .select(PendingNumberRow::as_select())
        .load(connection)?;
    rows.into_iter().map(PendingNumberRow::decode).collect()
}

/// Deletes the pending change, and returns whether there was one.
pub(crate) fn purge_pending(connection: &mut SqliteConnection, id: ChangeId) -> QueryResult<bool> {
    Ok(delete(pending_numbers::table.find(Id::from(id))).execute(connection)? > 0)
}

/// Cancels the pending changes of an account.
pub(crate) fn cancel(connection: &mut SqliteConnection, user: UserId) -> QueryResult<()> {
    delete(pending_numbers::table.filter(pending_numbers::user_id.eq(Id::from(user)))).execute(connection)?;
    Ok(())
}
