use diesel::{ExpressionMethods, QueryDsl, QueryResult, delete, insert_into};
use diesel_async::RunQueryDsl;
use doorward_app::binding::HeldNumber;
use doorward_kernel::{ChangeId, UserId};

use crate::{connection::PgConnection, rows::HeldNumberRow, schema::held_numbers};

/// Holds a number in place of what was held for its account before.
pub(crate) async fn hold_number(connection: &mut PgConnection, held: &HeldNumber) -> QueryResult<()> {
    call_off_number(connection, held.user).await?;
    insert_into(held_numbers::table).values(HeldNumberRow::encode(held)).execute(connection).await?;
    Ok(())
}

/// Forgets what is held, and tells whether anything was.
pub(crate) async fn purge_held(connection: &mut PgConnection, id: ChangeId) -> QueryResult<bool> {
    Ok(delete(held_numbers::table.find(id.as_uuid())).execute(connection).await? > 0)
}

/// Calls off what is held for an account.
pub(crate) async fn call_off_number(connection: &mut PgConnection, user: UserId) -> QueryResult<()> {
    delete(held_numbers::table.filter(held_numbers::user_id.eq(user.as_uuid()))).execute(connection).await?;
    Ok(())
}
