use diesel::{
    QueryResult,
    prelude::QueryableByName,
    sql_query,
    sql_types::{Array, BigInt, Bytea, Integer, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::{EpochId, UserId};
use doorward_otp::{ResealedSeed, SealedSeed};

use crate::{connection::PgConnection, store::Abort};

/// The statements that lock the seeds of a table, and that swap them.
macro_rules! lock_and_swap {
    ($table:literal) => {
        [
            concat!("SELECT user_id FROM ", $table, " WHERE user_id = ANY($1) ORDER BY user_id FOR UPDATE"),
            concat!(
                "UPDATE ",
                $table,
                " AS old SET seed = new.seed, epoch = new.epoch \
                 FROM unnest($1, $2, $3, $4) AS new (user_id, old, seed, epoch) \
                 WHERE old.user_id = new.user_id AND old.seed = new.old"
            ),
        ]
    };
}

const LOCK_AND_SWAP_APPS: [&str; 2] = lock_and_swap!("totp_authenticators");
const LOCK_AND_SWAP_HELD: [&str; 2] = lock_and_swap!("pending_authenticators");

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    seeds: i64,
}

#[derive(QueryableByName)]
struct SeedRow {
    #[diesel(sql_type = Uuid)]
    user_id: uuid::Uuid,
    #[diesel(sql_type = Bytea)]
    seed: Vec<u8>,
}

pub(super) async fn count(connection: &mut PgConnection, epoch: EpochId) -> QueryResult<u64> {
    let seeds = sql_query(
        "SELECT (SELECT count(*) FROM totp_authenticators WHERE epoch = $1) \
         + (SELECT count(*) FROM pending_authenticators WHERE epoch = $1) AS seeds",
    );
    let row: CountRow = seeds.bind::<Integer, _>(epoch.0).get_result(connection).await?;
    Ok(row.seeds.unsigned_abs())
}

pub(super) async fn list(
    connection: &mut PgConnection,
    epoch: EpochId,
    after: Option<UserId>,
    limit: u32,
) -> QueryResult<Vec<(UserId, SealedSeed)>> {
    let after = after.map_or(uuid::Uuid::nil(), UserId::as_uuid);
    let seeds = sql_query(
        "SELECT user_id, seed FROM (\
         SELECT user_id, seed FROM totp_authenticators WHERE epoch = $1 AND user_id > $2 UNION ALL \
         SELECT user_id, seed FROM pending_authenticators WHERE epoch = $1 AND user_id > $2) AS seeds \
         ORDER BY user_id FETCH FIRST ($3) ROWS WITH TIES",
    )
    .bind::<Integer, _>(epoch.0)
    .bind::<Uuid, _>(after)
    .bind::<BigInt, _>(i64::from(limit));
    let rows: Vec<SeedRow> = seeds.load(connection).await?;
    let seed = |row: SeedRow| (UserId::from_uuid(row.user_id), SealedSeed { epoch, bytes: row.seed });
    Ok(rows.into_iter().map(seed).collect())
}

/// The rows are locked first, in order: batches that overlap wait for each other and not in a
/// circle. An app that takes effect meanwhile locks the same rows in the same order; where it was
/// the account's first, it is among the apps only after both were looked through.
pub(super) async fn replace(connection: &mut PgConnection, resealed: &[ResealedSeed]) -> Result<u64, Abort<u64>> {
    let mut replaced = 0;
    for [lock, swap] in [LOCK_AND_SWAP_APPS, LOCK_AND_SWAP_HELD, LOCK_AND_SWAP_APPS] {
        if replaced == resealed.len() as u64 {
            break;
        }
        let users: Vec<_> = resealed.iter().map(|one| one.user.as_uuid()).collect();
        sql_query(lock).bind::<Array<Uuid>, _>(users.clone()).execute(connection).await?;
        let swap = sql_query(swap)
            .bind::<Array<Uuid>, _>(users)
            .bind::<Array<Bytea>, _>(resealed.iter().map(|one| one.from.bytes.as_slice()).collect::<Vec<_>>())
            .bind::<Array<Bytea>, _>(resealed.iter().map(|one| one.to.bytes.as_slice()).collect::<Vec<_>>())
            .bind::<Array<Integer>, _>(resealed.iter().map(|one| one.to.epoch.0).collect::<Vec<_>>());
        replaced += swap.execute(connection).await? as u64;
    }
    Ok(replaced)
}
