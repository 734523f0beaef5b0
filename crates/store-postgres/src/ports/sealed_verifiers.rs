use diesel::{
    QueryResult, QueryableByName, sql_query,
    sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::{Timestamp, UserId};
use doorward_user::{PasswordVerifier, Resealed, SealedCount};

use crate::{connection::PgConnection, rows::stored, store::Abort};

#[derive(QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    accounts: i64,
    #[diesel(sql_type = BigInt)]
    registrations: i64,
}

#[derive(QueryableByName)]
struct Sealed {
    #[diesel(sql_type = Uuid)]
    id: uuid::Uuid,
    #[diesel(sql_type = Text)]
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
    let counts = sql_query(
        "SELECT (SELECT count(*) FROM users WHERE substring(verifier FROM 'keyid=(.{6})') = $1) AS accounts, \
         (SELECT count(*) FROM registration_drafts JOIN challenges ON challenges.id = challenge_id \
         WHERE substring(verifier FROM 'keyid=(.{6})') = $1 AND closed_at IS NULL AND expires_at > $2 \
         AND tries < max_tries) AS registrations",
    )
    .bind::<Text, _>(key_id)
    .bind::<Timestamptz, _>(stored(now));
    let Counts { accounts, registrations } = counts.get_result(connection).await?;
    Ok(SealedCount { accounts: accounts.unsigned_abs(), registrations: registrations.unsigned_abs() })
}

pub(super) async fn list(
    connection: &mut PgConnection,
    key_id: &str,
    after: Option<UserId>,
    limit: u32,
) -> QueryResult<Vec<(UserId, PasswordVerifier)>> {
    let sealed = sql_query(
        "SELECT id, verifier FROM users WHERE substring(verifier FROM 'keyid=(.{6})') = $1 \
         AND id > coalesce($2, '00000000-0000-0000-0000-000000000000') ORDER BY id LIMIT $3",
    )
    .bind::<Text, _>(key_id)
    .bind::<Nullable<Uuid>, _>(after.map(UserId::as_uuid))
    .bind::<BigInt, _>(i64::from(limit));
    let rows: Vec<Sealed> = sealed.load(connection).await?;
    let read = |row: Sealed| (UserId::from_uuid(row.id), PasswordVerifier::from_text(row.verifier));
    Ok(rows.into_iter().map(read).collect())
}

pub(super) async fn kinds(connection: &mut PgConnection) -> QueryResult<Vec<String>> {
    let rows: Vec<Kind> = sql_query(KINDS).load(connection).await?;
    Ok(rows.into_iter().map(|row| row.kind).collect())
}

/// The accounts are locked first, in order: batches that overlap wait for each other and not in a circle.
pub(super) async fn replace(connection: &mut PgConnection, resealed: &[Resealed]) -> Result<u64, Abort<u64>> {
    let lock = sql_query("SELECT id FROM users WHERE id = ANY($1) ORDER BY id FOR UPDATE")
        .bind::<Array<Uuid>, _>(ids(resealed));
    lock.execute(connection).await?;
    Ok(swap(connection, resealed).await? as u64)
}

async fn swap(connection: &mut PgConnection, resealed: &[Resealed]) -> QueryResult<usize> {
    let texts = |text: fn(&Resealed) -> &PasswordVerifier| -> Vec<&str> {
        resealed.iter().map(|one| text(one).as_str()).collect()
    };
    let swap = sql_query(
        "UPDATE users SET verifier = new.verifier FROM unnest($1, $2, $3) AS new (id, old, verifier) \
         WHERE users.id = new.id AND users.verifier = new.old",
    )
    .bind::<Array<Uuid>, _>(ids(resealed))
    .bind::<Array<Text>, _>(texts(|one| &one.from))
    .bind::<Array<Text>, _>(texts(|one| &one.to));
    swap.execute(connection).await
}

fn ids(resealed: &[Resealed]) -> Vec<uuid::Uuid> {
    resealed.iter().map(|one| one.user.as_uuid()).collect()
}
