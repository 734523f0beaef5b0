use std::time::Duration;

use diesel::{
    ExpressionMethods, NullableExpressionMethods, OptionalExtension, QueryDsl, QueryResult, SelectableHelper,
    data_types::PgTimestamp, delete, insert_into,
};
use diesel_async::RunQueryDsl;
use doorward_app::undo::{Undoable, UndoableKind};
use doorward_kernel::{ChangeId, Timestamp, UserId};
use doorward_session::Scope;
use doorward_user::IdentifierChange;

use crate::{
    columns::{instant, stored},
    connection::PgConnection,
    rows::ChangeRow,
    schema::{identifier_changes, sessions, totp_authenticators},
};

/// Whose change of one kind it is, and when it was made.
type Found = (uuid::Uuid, PgTimestamp);

/// Keeps a change, so that it can be undone.
pub(crate) async fn insert_change(connection: &mut PgConnection, change: &IdentifierChange) -> QueryResult<()> {
    insert_into(identifier_changes::table).values(ChangeRow::encode(change)).execute(connection).await?;
    Ok(())
}

/// The change of that name with all of its account that were made in the window before it or since.
pub(crate) async fn undoable(
    connection: &mut PgConnection,
    change: ChangeId,
    window: Duration,
) -> QueryResult<Option<Undoable>> {
    let Some((user, at, kind)) = named(connection, change).await? else { return Ok(None) };
    let changes = changes_after(connection, user, at - window).await?;
    Ok(Some(Undoable { user, at, kind, changes }))
}

/// Whose change it is, and when it was made, while it stands.
pub(crate) async fn named(
    connection: &mut PgConnection,
    change: ChangeId,
) -> QueryResult<Option<(UserId, Timestamp, UndoableKind)>> {
    let (mut found, mut kind) = (changed(connection, change).await?, UndoableKind::Identifier);
    if found.is_none() {
        (found, kind) = (added(connection, change).await?, UndoableKind::Authenticator);
    }
    if found.is_none() {
        (found, kind) = (opened(connection, change).await?, UndoableKind::BindingSession);
    }
    Ok(found.map(|(user, at)| (UserId::from_uuid(user), instant(at), kind)))
}

async fn changed(connection: &mut PgConnection, change: ChangeId) -> QueryResult<Option<Found>> {
    identifier_changes::table
        .find(change.as_uuid())
        .select((identifier_changes::user_id, identifier_changes::at))
        .first(connection)
        .await
        .optional()
}

async fn added(connection: &mut PgConnection, change: ChangeId) -> QueryResult<Option<Found>> {
    totp_authenticators::table
        .filter(totp_authenticators::change_id.eq(change.as_uuid()))
        .filter(totp_authenticators::confirmed_at.is_not_null())
        .select((totp_authenticators::user_id, totp_authenticators::confirmed_at.assume_not_null()))
        .first(connection)
        .await
        .optional()
}

async fn opened(connection: &mut PgConnection, change: ChangeId) -> QueryResult<Option<Found>> {
    sessions::table
        .find(change.as_uuid())
        .filter(sessions::scope.eq(Scope::Binding.as_str()))
        .select((sessions::user_id, sessions::created_at))
        .first(connection)
        .await
        .optional()
}

/// The changes of an account that were made after that instant, oldest first.
pub(crate) async fn changes_after(
    connection: &mut PgConnection,
    user: UserId,
    since: Timestamp,
) -> QueryResult<Vec<IdentifierChange>> {
    let rows: Vec<ChangeRow> = identifier_changes::table
        .filter(identifier_changes::user_id.eq(user.as_uuid()))
        .filter(identifier_changes::at.gt(stored(since)))
        .order((identifier_changes::at, identifier_changes::id))
        .select(ChangeRow::as_select())
        .load(connection)
        .await?;
    rows.into_iter().map(ChangeRow::decode).collect()
}

/// Deletes the changes of an account.
pub(crate) async fn purge_changes(
    connection: &mut PgConnection,
    user: UserId,
    changes: &[ChangeId],
) -> QueryResult<()> {
    let changes = changes.iter().map(|change| change.as_uuid());
    let undone = identifier_changes::table
        .filter(identifier_changes::id.eq_any(changes))
        .filter(identifier_changes::user_id.eq(user.as_uuid()));
    delete(undone).execute(connection).await?;
    Ok(())
}
