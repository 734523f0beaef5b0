use diesel::{QueryResult, prelude::QueryableByName, sql_types::BigInt};
use diesel_async::RunQueryDsl;
use doorward_kernel::{EpochId, UserId};
use doorward_otp::{ResealedSeed, SealedSeed};

use crate::{connection::PgConnection, schema::totp_authenticators, sql::Sql, store::Step};

/// The statements that lock the seeds of a table, and that swap them.
macro_rules! lock_and_swap {
    ($table:literal) => {
        [
            concat!("SELECT user_id FROM ", $table, " WHERE user_id = ANY($users) ORDER BY user_id FOR UPDATE"),
            concat!(
                "UPDATE ",
                $table,
                " AS old SET seed = new.seed, epoch = new.epoch \
                 FROM unnest($users, $old, $seeds, $epochs) AS new (user_id, old, seed, epoch) \
                 WHERE old.user_id = new.user_id AND old.seed = new.old"
            ),
        ]
    };
}

const LOCK_AND_SWAP_TOTP: [&str; 2] = lock_and_swap!("totp_authenticators");
const LOCK_AND_SWAP_PENDING: [&str; 2] = lock_and_swap!("pending_authenticators");

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    seeds: i64,
}

#[derive(QueryableByName)]
#[diesel(table_name = totp_authenticators)]
struct SeedRow {
    user_id: uuid::Uuid,
    seed: Vec<u8>,
}

pub(super) async fn count(connection: &mut PgConnection, epoch: EpochId) -> QueryResult<u64> {
    let seeds = Sql::new(
        "SELECT (SELECT count(*) FROM totp_authenticators WHERE epoch = $epoch) \
         + (SELECT count(*) FROM pending_authenticators WHERE epoch = $epoch) AS seeds",
    );
    let row: CountRow = seeds.bind("epoch", epoch.0).get_result(connection).await?;
    Ok(row.seeds.unsigned_abs())
}

pub(super) async fn list(
    connection: &mut PgConnection,
    epoch: EpochId,
    after: Option<UserId>,
    limit: u32,
) -> QueryResult<Vec<(UserId, SealedSeed)>> {
    let after = after.map_or(uuid::Uuid::nil(), UserId::as_uuid);
    let seeds = Sql::new(
        "SELECT user_id, seed FROM (\
         SELECT user_id, seed FROM totp_authenticators WHERE epoch = $epoch AND user_id > $after UNION ALL \
         SELECT user_id, seed FROM pending_authenticators WHERE epoch = $epoch AND user_id > $after) AS seeds \
         ORDER BY user_id FETCH FIRST ($limit) ROWS WITH TIES",
    )
    .bind("epoch", epoch.0)
    .bind("after", after)
    .bind("limit", i64::from(limit));
    let rows: Vec<SeedRow> = seeds.load(connection).await?;
    let seed = |row: SeedRow| (UserId::from_uuid(row.user_id), SealedSeed { epoch, bytes: row.seed });
    Ok(rows.into_iter().map(seed).collect())
}

/// The rows are locked first, in order: batches that overlap wait for each other and not in a
/// circle. An app that takes effect meanwhile locks the same rows in the same order; where it was
/// the account's first, it is among the apps only after both were looked through.
pub(super) async fn replace(connection: &mut PgConnection, resealed: &[ResealedSeed]) -> Step<u64> {
    let mut replaced = 0;
    for [lock, swap] in [LOCK_AND_SWAP_TOTP, LOCK_AND_SWAP_PENDING, LOCK_AND_SWAP_TOTP] {
        if replaced == resealed.len() as u64 {
            break;
        }
        let user = |one: &ResealedSeed| one.user.as_uuid();
        Sql::new(lock).each("users", resealed, user).execute(connection).await?;
        let swap = Sql::new(swap)
            .each("users", resealed, user)
            .each("old", resealed, |one| one.from.bytes.as_slice())
            .each("seeds", resealed, |one| one.to.bytes.as_slice())
            .each("epochs", resealed, |one| one.to.epoch.0);
        replaced += swap.execute(connection).await? as u64;
    }
    Ok(replaced)
}
