use std::time::Duration;

use diesel::{
    ExpressionMethods, NullableExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl,
    SelectableHelper, SqliteConnection, delete, insert_into,
};
use doorward_app::undo::{Undoable, UndoableKind};
use doorward_kernel::{ChangeId, Timestamp, UserId};
use doorward_session::Scope;
use doorward_user::IdentifierChange;

use crate::{
    columns::Id,
    rows::ChangeRow,
    schema::{identifier_changes, sessions, totp_authenticators},
};

/// Whose change of one kind it is, and when it was made.
type Found = (Id, i64);

/// Keeps a change, so that it can be undone.
pub(crate) fn insert_change(connection: &mut SqliteConnection, change: &IdentifierChange) -> QueryResult<()> {
    insert_into(identifier_changes::table).values(ChangeRow::encode(change)).execute(connection)?;
    Ok(())
}

/// The change of that name with all of its account that were made in the window before it or since.
pub(crate) fn undoable(
    connection: &mut SqliteConnection,
    change: ChangeId,
    window: Duration,
) -> QueryResult<Option<Undoable>> {
    let Some((user, at, kind)) = named(connection, change)? else { return Ok(None) };
    let changes = changes_after(connection, user, at - window)?;
    Ok(Some(Undoable { user, at, kind, changes }))
}

/// Whose change it is, and when it was made, while it stands.
pub(crate) fn named(
    connection: &mut SqliteConnection,
    change: ChangeId,
) -> QueryResult<Option<(UserId, Timestamp, UndoableKind)>> {
    let (mut found, mut kind) = (changed(connection, change)?, UndoableKind::Identifier);
    if found.is_none() {
        (found, kind) = (added(connection, change)?, UndoableKind::Authenticator);
    }
    if found.is_none() {
        (found, kind) = (opened(connection, change)?, UndoableKind::BindingSession);
    }
    Ok(found.map(|(user, at)| (UserId::from(user), Timestamp::from_micros(at), kind)))
}

fn changed(connection: &mut SqliteConnection, change: ChangeId) -> QueryResult<Option<Found>> {
    identifier_changes::table
        .find(Id::from(change))
        .select((identifier_changes::user_id, identifier_changes::at))
        .first(connection)
        .optional()
}

fn opened(connection: &mut SqliteConnection, change: ChangeId) -> QueryResult<Option<Found>> {
    sessions::table
        .find(Id::from(change))
        .filter(sessions::scope.eq(Scope::Binding.as_str()))
        .select((sessions::user_id, sessions::created_at))
        .first(connection)
        .optional()
}

fn added(connection: &mut SqliteConnection, change: ChangeId) -> QueryResult<Option<Found>> {
    totp_authenticators::table
        .filter(totp_authenticators::change_id.eq(Id::from(change)))
        .filter(totp_authenticators::confirmed_at.is_not_null())
        .select((totp_authenticators::user_id, totp_authenticators::confirmed_at.assume_not_null()))
        .first(connection)
        .optional()
}

/// The changes of an account that were made after that instant, oldest first.
pub(crate) fn changes_after(
    connection: &mut SqliteConnection,
    user: UserId,
    since: Timestamp,
) -> QueryResult<Vec<IdentifierChange>> {
    let mut changes = identifier_changes::table
        .filter(identifier_changes::user_id.eq(Id::from(user)))
        .filter(identifier_changes::at.gt(since.as_micros()))
        .select(ChangeRow::as_select())
        .load(connection)?
        .into_iter()
        .map(ChangeRow::decode)
        .collect::<QueryResult<Vec<_>>>()?;
    changes.sort_by_key(|change| (change.at, change.id));
    Ok(changes)
}

/// Deletes the changes of an account.
pub(crate) fn purge_changes(connection: &mut SqliteConnection, user: UserId, changes: &[ChangeId]) -> QueryResult<()> {
    let changes = changes.iter().copied().map(Id::from);
    let undone = identifier_changes::table
        .filter(identifier_changes::id.eq_any(changes))
        .filter(identifier_changes::user_id.eq(Id::from(user)));
    delete(undone).execute(connection)?;
    Ok(())
}
