use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, SelectableHelper, delete,
    insert_into,
};
use diesel_async::RunQueryDsl;
use doorward_app::{factors::Outranked, totp::PendingAuthenticator};
use doorward_kernel::{ChangeId, UserId};

use crate::{connection::PgConnection, rows::PendingAuthenticatorRow, schema::pending_authenticators};

/// Stores a pending authenticator in place of the account's previous one.
pub(crate) async fn keep_pending_authenticator(
    connection: &mut PgConnection,
    pending: &PendingAuthenticator,
) -> QueryResult<()> {
    purge_pending_authenticator(connection, pending.user).await?;
    insert_into(pending_authenticators::table)
        .values(PendingAuthenticatorRow::encode(pending))
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) async fn find_pending_authenticator(
    connection: &mut PgConnection,
    id: ChangeId,
) -> QueryResult<Option<PendingAuthenticator>> {
    let row = pending_authenticators::table.find(id.as_uuid()).select(PendingAuthenticatorRow::as_select());
    row.first(connection).await.optional()?.map(PendingAuthenticatorRow::decode).transpose()
}

/// The pending change with that id, locked until the transaction ends.
pub(crate) async fn lock_pending_authenticator(
    connection: &mut PgConnection,
    id: ChangeId,
) -> QueryResult<Option<PendingAuthenticator>> {
    let row =
        pending_authenticators::table.find(id.as_uuid()).select(PendingAuthenticatorRow::as_select()).for_update();
    row.first(connection).await.optional()?.map(PendingAuthenticatorRow::decode).transpose()
}

/// The pending change of an account, locked until the transaction ends.
pub(crate) async fn lock_pending_authenticator_of(
    connection: &mut PgConnection,
    user: UserId,
) -> QueryResult<Option<PendingAuthenticator>> {
    let of_user = pending_authenticators::table.filter(pending_authenticators::user_id.eq(user.as_uuid()));
    let row = of_user.select(PendingAuthenticatorRow::as_select()).for_update();
    row.first(connection).await.optional()?.map(PendingAuthenticatorRow::decode).transpose()
}

/// Cancels the pending change of an account, unless it replaces one of these factors.
pub(crate) async fn cancel_authenticator(
    connection: &mut PgConnection,
    user: UserId,
    kept: &[Outranked],
) -> QueryResult<()> {
    let kept = kept.iter().map(|factor| factor.as_str());
    let replaces = pending_authenticators::replaces;
    let of_user = pending_authenticators::table.filter(pending_authenticators::user_id.eq(user.as_uuid()));
    delete(of_user.filter(replaces.is_null().or(replaces.ne_all(kept)))).execute(connection).await?;
    Ok(())
}

/// Deletes the pending change of an account.
pub(crate) async fn purge_pending_authenticator(connection: &mut PgConnection, user: UserId) -> QueryResult<()> {
    let of_user = pending_authenticators::table.filter(pending_authenticators::user_id.eq(user.as_uuid()));
    delete(of_user).execute(connection).await?;
    Ok(())
}
