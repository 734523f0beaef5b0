use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper, SqliteConnection,
    delete, replace_into,
};
use doorward_app::{factors::Outranked, totp::PendingAuthenticator};
use doorward_kernel::{ChangeId, Timestamp, UserId};

use crate::{columns::Id, rows::PendingAuthenticatorRow, schema::pending_authenticators};

/// Stores a pending authenticator in place of the account's previous one.
pub(crate) fn keep_pending_authenticator(
    connection: &mut SqliteConnection,
    pending: &PendingAuthenticator,
) -> QueryResult<()> {
    replace_into(pending_authenticators::table).values(PendingAuthenticatorRow::encode(pending)).execute(connection)?;
    Ok(())
}

pub(crate) fn find_pending_authenticator(
    connection: &mut SqliteConnection,
    id: ChangeId,
) -> QueryResult<Option<PendingAuthenticator>> {
    let row = pending_authenticators::table.find(Id::from(id)).select(PendingAuthenticatorRow::as_select());
    row.first(connection).optional()?.map(PendingAuthenticatorRow::decode).transpose()
}

pub(crate) fn pending_authenticator_of(
    connection: &mut SqliteConnection,
    user: UserId,
) -> QueryResult<Option<PendingAuthenticator>> {
    let of_user = pending_authenticators::table.filter(pending_authenticators::user_id.eq(Id::from(user)));
    of_user
        .select(PendingAuthenticatorRow::as_select())
        .first(connection)
        .optional()?
        .map(PendingAuthenticatorRow::decode)
        .transpose()
}

/// The due ones, the longest due first.
pub(crate) fn due_apps(
    connection: &mut SqliteConnection,
    now: Timestamp,
    limit: u32,
) -> QueryResult<Vec<PendingAuthenticator>> {
    let rows = pending_authenticators::table
        .filter(pending_authenticators::due_at.is_not_null())
        .filter(pending_authenticators::due_at.le(now.as_micros()))
        .order((pending_authenticators::due_at, pending_authenticators::id))
        .limit(limit.into())
        .select(PendingAuthenticatorRow::as_select())
        .load(connection)?;
    rows.into_iter().map(PendingAuthenticatorRow::decode).collect()
}

/// Cancels the pending change of an account, unless it replaces one of these factors.
pub(crate) fn cancel_authenticator(
    connection: &mut SqliteConnection,
    user: UserId,
    kept: &[Outranked],
) -> QueryResult<()> {
    let pending = pending_authenticator_of(connection, user)?;
    if pending.and_then(|pending| pending.replaces).is_some_and(|factor| kept.contains(&factor)) {
        return Ok(());
    }
    purge_pending_authenticator(connection, user)
}

/// Deletes the pending change of an account.
pub(crate) fn purge_pending_authenticator(connection: &mut SqliteConnection, user: UserId) -> QueryResult<()> {
    delete(pending_authenticators::table.filter(pending_authenticators::user_id.eq(Id::from(user))))
        .execute(connection)?;
    Ok(())
}
