use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, SelectableHelper,
    data_types::PgTimestamp,
    sql_types::{Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::ChangeId;
use doorward_user::{IdentifierChange, Replaced};

use crate::{
    connection::PgConnection,
    rows::{ChangeRow, decode, stored},
    schema::identifier_changes,
    sql::Sql,
};

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

/// The change and every later one of its account, oldest first.
pub(crate) async fn since(connection: &mut PgConnection, change: ChangeId) -> QueryResult<Vec<IdentifierChange>> {
    let first = identifier_changes::table
        .find(change.as_uuid())
        .select((identifier_changes::user_id, identifier_changes::at))
        .first::<(uuid::Uuid, PgTimestamp)>(connection)
        .await
        .optional()?;
    let Some((user, at)) = first else { return Ok(Vec::new()) };
    let rows: Vec<ChangeRow> = identifier_changes::table
        .filter(identifier_changes::user_id.eq(user))
        .filter(identifier_changes::at.ge(at))
        .order((identifier_changes::at, identifier_changes::id))
        .select(ChangeRow::as_select())
        .load(connection)
        .await?;
    rows.into_iter().map(decode).collect()
}
