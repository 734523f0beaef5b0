use std::time::Duration;

use diesel::{
    ExpressionMethods, NullableExpressionMethods, OptionalExtension, QueryDsl, QueryResult, SelectableHelper,
    data_types::PgTimestamp,
    sql_types::{Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_app::undo::{Undoable, UndoableKind};
use doorward_kernel::{ChangeId, Timestamp, UserId};
use doorward_session::Scope;
use doorward_user::{IdentifierChange, Replaced};

use crate::{
    connection::PgConnection,
    rows::{ChangeRow, decode, instant, stored},
    schema::{identifier_changes, sessions, totp_authenticators},
    sql::Sql,
};

/// Whose change of one kind it is, and when it was made.
type Found = (uuid::Uuid, PgTimestamp);

const INSERT: &str = "INSERT INTO identifier_changes (id, user_id, kind, old, old_verified_at, new, at) \
    SELECT $1, $2, $3, $4, $5, $6, $7";

/// Keeps a change, so that it can be undone.
pub(crate) fn insert(change: &IdentifierChange) -> Sql<'_> {
    let (kind, old, old_verified_at, new) = match &change.replaced {
        Replaced::Email { old, new } => ("email", Some(old.as_str()), None, new.as_str()),
        Replaced::Phone { old, new } => {
            let verified_at = old.as_ref().and_then(|phone| phone.verified_at);
            ("phone", old.as_ref().map(|phone| phone.number.as_str()), verified_at, new.as_str())
        }
    };
    Sql::new(INSERT)
        .bind::<Uuid, _>(change.id.as_uuid())
        .bind::<Uuid, _>(change.user.as_uuid())
        .bind::<Text, _>(kind)
        .bind::<Nullable<Text>, _>(old)
        .bind::<Nullable<Timestamptz>, _>(old_verified_at.map(stored))
        .bind::<Text, _>(new)
        .bind::<Timestamptz, _>(stored(change.at))
}

/// The change of that name with all of its account that were made in the window before it or since.
pub(crate) async fn undoable(
    connection: &mut PgConnection,
    change: ChangeId,
    window: Duration,
) -> QueryResult<Option<Undoable>> {
    let Some((user, at, kind)) = named(connection, change).await? else { return Ok(None) };
    let changes = after(connection, user, at - window).await?;
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
pub(crate) async fn after(
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
    rows.into_iter().map(decode).collect()
}
