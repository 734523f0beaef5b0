use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper, SqliteConnection,
    delete, insert_into,
};
use doorward_kernel::{ChangeId, UserId};
use doorward_user::IdentifierChange;

use crate::{columns::Id, rows::ChangeRow, schema::identifier_changes};

/// Keeps a change, so that it can be undone.
pub(crate) fn insert_change(connection: &mut SqliteConnection, change: &IdentifierChange) -> QueryResult<()> {
    insert_into(identifier_changes::table).values(ChangeRow::encode(change)).execute(connection)?;
    Ok(())
}

/// The change and every later one of its account, oldest first.
pub(crate) fn changes_since(connection: &mut SqliteConnection, change: ChangeId) -> QueryResult<Vec<IdentifierChange>> {
    let first: Option<(Id, i64)> = identifier_changes::table
        .find(Id::from(change))
        .select((identifier_changes::user_id, identifier_changes::at))
        .first(connection)
        .optional()?;
    let Some((user, at)) = first else { return Ok(Vec::new()) };
    let mut changes = identifier_changes::table
        .filter(identifier_changes::user_id.eq(user))
        .filter(identifier_changes::at.ge(at))
        .select(ChangeRow::as_select())
        .load(connection)?
        .into_iter()
        .map(ChangeRow::decode)
        .collect::<QueryResult<Vec<_>>>()?;
    changes.sort_by_key(|change| (change.at, change.id));
    Ok(changes)
}

/// Forgets the changes of an account.
pub(crate) fn forget_changes(connection: &mut SqliteConnection, user: UserId, changes: &[ChangeId]) -> QueryResult<()> {
    let changes = changes.iter().copied().map(Id::from);
    let undone = identifier_changes::table
        .filter(identifier_changes::id.eq_any(changes))
        .filter(identifier_changes::user_id.eq(Id::from(user)));
    delete(undone).execute(connection)?;
    Ok(())
}
