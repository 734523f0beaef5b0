use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, SelectableHelper, delete,
    insert_into,
};
use diesel_async::RunQueryDsl;
use doorward_app::{binding::HeldApp, factors::Outranked};
use doorward_kernel::{ChangeId, UserId};

use crate::{
    connection::PgConnection,
    rows::{HeldAppRow, decode},
    schema::held_authenticators,
};

/// Keeps an app in place of what was held for its account before.
pub(crate) async fn keep_held_app(connection: &mut PgConnection, held: &HeldApp) -> QueryResult<()> {
    purge_held_app(connection, held.user).await?;
    insert_into(held_authenticators::table).values(HeldAppRow::encode(held)).execute(connection).await?;
    Ok(())
}

/// What is held under that name, locked until the transaction ends.
pub(crate) async fn lock_held_app(connection: &mut PgConnection, id: ChangeId) -> QueryResult<Option<HeldApp>> {
    let row = held_authenticators::table.find(id.as_uuid()).select(HeldAppRow::as_select()).for_update();
    row.first(connection).await.optional()?.map(decode).transpose()
}

/// What is held for an account, locked until the transaction ends.
pub(crate) async fn lock_held_app_of(connection: &mut PgConnection, user: UserId) -> QueryResult<Option<HeldApp>> {
    let of_user = held_authenticators::table.filter(held_authenticators::user_id.eq(user.as_uuid()));
    let row = of_user.select(HeldAppRow::as_select()).for_update();
    row.first(connection).await.optional()?.map(decode).transpose()
}

/// Calls off what is held for an account, unless it replaces one of these.
pub(crate) async fn call_off_app(connection: &mut PgConnection, user: UserId, kept: &[Outranked]) -> QueryResult<()> {
    let kept = kept.iter().map(|factor| factor.as_str());
    let replaces = held_authenticators::replaces;
    let of_user = held_authenticators::table.filter(held_authenticators::user_id.eq(user.as_uuid()));
    delete(of_user.filter(replaces.is_null().or(replaces.ne_all(kept)))).execute(connection).await?;
    Ok(())
}

/// Forgets what is held for an account.
pub(crate) async fn purge_held_app(connection: &mut PgConnection, user: UserId) -> QueryResult<()> {
    let of_user = held_authenticators::table.filter(held_authenticators::user_id.eq(user.as_uuid()));
    delete(of_user).execute(connection).await?;
    Ok(())
}
