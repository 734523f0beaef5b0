use async_trait::async_trait;
use diesel::{
    QueryResult, QueryableByName, sql_query,
    sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::{StoreError, Timestamp, UserId};
use doorward_user::{PasswordVerifier, Resealed, SealedCount, SealedVerifiers};

use crate::{PgStore, columns::Sql, connection::PgConnection, rows::stored, store::Abort};

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

#[async_trait]
impl SealedVerifiers for PgStore {
    async fn count(&self, key_id: &str, now: Timestamp) -> Result<SealedCount, StoreError> {
        self.repeatable(&(key_id.to_owned(), now), |connection, (key_id, now)| {
            Box::pin(async {
                let Counts { accounts, registrations } = count(key_id, *now).get_result(connection).await?;
                let (accounts, registrations) = (accounts.unsigned_abs(), registrations.unsigned_abs());
                Ok(SealedCount { accounts, registrations })
            })
        })
        .await
    }

    async fn list(
        &self,
        key_id: &str,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, PasswordVerifier)>, StoreError> {
        self.repeatable(&(key_id.to_owned(), after, limit), |connection, (key_id, after, limit)| {
            Box::pin(async {
                let rows: Vec<Sealed> = list(key_id, *after, *limit).load(connection).await?;
                let read = |row: Sealed| (UserId::from_uuid(row.id), PasswordVerifier::from_text(row.verifier));
                Ok(rows.into_iter().map(read).collect())
            })
        })
        .await
    }

    async fn kinds(&self) -> Result<Vec<String>, StoreError> {
        self.repeatable(&(), |connection, ()| {
            Box::pin(async {
                let rows: Vec<Kind> = sql_query(KINDS).load(connection).await?;
                Ok(rows.into_iter().map(|row| row.kind).collect())
            })
        })
        .await
    }

    async fn replace(&self, resealed: Vec<Resealed>) -> Result<u64, StoreError> {
        self.transaction(&resealed, |connection, resealed| Box::pin(replace(connection, resealed))).await
    }
}

fn count(key_id: &str, now: Timestamp) -> Sql<'_> {
    sql_query(
        "SELECT (SELECT count(*) FROM users WHERE substring(verifier FROM 'keyid=(.{6})') = $1) AS accounts, \
         (SELECT count(*) FROM registration_drafts JOIN challenges ON challenges.id = challenge_id \
         WHERE substring(verifier FROM 'keyid=(.{6})') = $1 AND closed_at IS NULL AND expires_at > $2 \
         AND tries < max_tries) AS registrations",
    )
    .into_boxed()
    .bind::<Text, _>(key_id)
    .bind::<Timestamptz, _>(stored(now))
}

fn list(key_id: &str, after: Option<UserId>, limit: u32) -> Sql<'_> {
    sql_query(
        "SELECT id, verifier FROM users WHERE substring(verifier FROM 'keyid=(.{6})') = $1 \
         AND id > coalesce($2, '00000000-0000-0000-0000-000000000000') ORDER BY id LIMIT $3",
    )
    .into_boxed()
    .bind::<Text, _>(key_id)
    .bind::<Nullable<Uuid>, _>(after.map(UserId::as_uuid))
    .bind::<BigInt, _>(i64::from(limit))
}

/// The accounts are locked first, in order: batches that overlap wait for each other and not in a circle.
async fn replace(connection: &mut PgConnection, resealed: &[Resealed]) -> Result<u64, Abort<u64>> {
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
