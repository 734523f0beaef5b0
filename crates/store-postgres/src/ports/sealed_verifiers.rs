use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Text},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::{Timestamp, UserId};
use doorward_user::{PasswordVerifier, Resealed, SealedCount};

use crate::{columns::stored, connection::PgConnection, schema::users, sql::Sql, store::Step};

#[derive(QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    accounts: i64,
    #[diesel(sql_type = BigInt)]
    registrations: i64,
}

#[derive(QueryableByName)]
#[diesel(table_name = users)]
struct Sealed {
    id: uuid::Uuid,
    verifier: String,
}

#[derive(QueryableByName)]
struct Kind {
    #[diesel(sql_type = Text)]
    kind: String,
}

/// The kind of an account's verifier, as the index has it.
macro_rules! kind {
    () => {
        "(substring(verifier FROM '^(.*?)keyid=') COLLATE \"C\")"
    };
}

/// One step of the index for each kind: `DISTINCT` would read every account.
const KINDS: &str = concat!(
    "WITH RECURSIVE kinds (kind) AS ((SELECT ",
    kind!(),
    " FROM users WHERE ",
    kind!(),
    " > '' ORDER BY 1 LIMIT 1) UNION ALL SELECT (SELECT ",
    kind!(),
    " FROM users WHERE ",
    kind!(),
    " > kinds.kind ORDER BY 1 LIMIT 1) FROM kinds WHERE kind IS NOT NULL) \
     SELECT kind FROM kinds WHERE kind IS NOT NULL LIMIT 256",
);

pub(super) async fn count(connection: &mut PgConnection, key_id: &str, now: Timestamp) -> QueryResult<SealedCount> {
    let counts = Sql::new(
        "SELECT (SELECT count(*) FROM users WHERE substring(verifier FROM 'keyid=(.{6})') = $key_id) AS accounts, \
         (SELECT count(*) FROM registration_drafts JOIN challenges ON challenges.id = challenge_id \
         WHERE substring(verifier FROM 'keyid=(.{6})') = $key_id AND closed_at IS NULL AND expires_at > $now \
         AND tries < max_tries) AS registrations",
    );
    let counts = counts.bind("key_id", key_id).bind("now", stored(now));
    let Counts { accounts, registrations } = counts.get_result(connection).await?;
    Ok(SealedCount { accounts: accounts.unsigned_abs(), registrations: registrations.unsigned_abs() })
}

pub(super) async fn list(
    connection: &mut PgConnection,
    key_id: &str,
    after: Option<UserId>,
    limit: u32,
) -> QueryResult<Vec<(UserId, PasswordVerifier)>> {
    let sealed = Sql::new(
        "SELECT id, verifier FROM users WHERE substring(verifier FROM 'keyid=(.{6})') = $key_id \
         AND id > $after ORDER BY id LIMIT $limit",
    )
    .bind("key_id", key_id)
    .bind("after", after.map_or(uuid::Uuid::nil(), UserId::as_uuid))
    .bind("limit", i64::from(limit));
    let rows: Vec<Sealed> = sealed.load(connection).await?;
    let read = |row: Sealed| (UserId::from_uuid(row.id), PasswordVerifier::from_text(row.verifier));
    Ok(rows.into_iter().map(read).collect())
}

pub(super) async fn kinds(connection: &mut PgConnection) -> QueryResult<Vec<String>> {
    let rows: Vec<Kind> = Sql::new(KINDS).load(connection).await?;
    Ok(rows.into_iter().map(|row| row.kind).collect())
}

/// The accounts are locked first, in order: batches that overlap wait for each other and not in a circle.
pub(super) async fn replace(connection: &mut PgConnection, resealed: &[Resealed]) -> Step<u64> {
    let id = |one: &Resealed| one.user.as_uuid();
    let lock = Sql::new("SELECT id FROM users WHERE id = ANY($ids) ORDER BY id FOR UPDATE");
    lock.each("ids", resealed, id).execute(connection).await?;
    let swap = Sql::new(
        "UPDATE users SET verifier = new.verifier FROM unnest($ids, $old, $new) AS new (id, old, verifier) \
         WHERE users.id = new.id AND users.verifier = new.old",
    )
    .each("ids", resealed, id)
    .each("old", resealed, |one| one.from.as_str())
    .each("new", resealed, |one| one.to.as_str());
    Ok(swap.execute(connection).await? as u64)
}
