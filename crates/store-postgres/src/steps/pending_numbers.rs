use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, SelectableHelper, delete, insert_into};
use diesel_async::RunQueryDsl;
use doorward_app::binding::PendingNumber;
use doorward_kernel::{ChangeId, UserId};

use crate::{connection::PgConnection, rows::PendingNumberRow, schema::pending_numbers};

/// Stores a pending number in place of the account's previous one.
pub(crate) async fn schedule_number(connection: &mut PgConnection, pending: &PendingNumber) -> QueryResult<()> {
    cancel_number(connection, pending.user).await?;
    insert_into(pending_numbers::table).values(PendingNumberRow::encode(pending)).execute(connection).await?;
    Ok(())
}

pub(crate) async fn find_pending_number(
    connection: &mut PgConnection,
    id: ChangeId,
) -> QueryResult<Option<PendingNumber>> {
    let row = pending_numbers::table.find(id.as_uuid()).select(PendingNumberRow::as_select());
    row.first(connection).await.optional()?.map(PendingNumberRow::decode).transpose()
}

/// Deletes the pending change, and returns whether there was one.
pub(crate) async fn purge_pending(connection: &mut PgConnection, id: ChangeId) -> QueryResult<bool> {
    Ok(delete(pending_numbers::table.find(id.as_uuid())).execute(connection).await? > 0)
}

/// Cancels the pending changes of an account.
pub(crate) async fn cancel_number(connection: &mut PgConnection, user: UserId) -> QueryResult<()> {
    delete(pending_numbers::table.filter(pending_numbers::user_id.eq(user.as_uuid()))).execute(connection).await?;
    Ok(())
}
