use async_trait::async_trait;
use diesel::{
    ExpressionMethods, QueryDsl, QueryResult,
    sql_types::{Array, Bytea, Integer, Uuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use doorward_kernel::{EpochId, StoreError, UserId};
use doorward_otp::{ResealedSeed, SealedSeed, SealedSeeds};

use crate::{
    PgStore,
    schema::{held_authenticators, totp_authenticators},
    sql::{Sql, Statement},
    store::Abort,
};

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
const LOCK_AND_SWAP_HELD: [&str; 2] = lock_and_swap!("held_authenticators");

#[async_trait]
impl SealedSeeds for PgStore {
    async fn count(&self, epoch: EpochId) -> Result<u64, StoreError> {
        self.repeatable(&epoch, |connection, epoch| {
            Box::pin(async {
                let apps = totp_authenticators::table.filter(totp_authenticators::epoch.eq(epoch.0));
                let held = held_authenticators::table.filter(held_authenticators::epoch.eq(epoch.0));
                let apps: i64 = apps.count().get_result(connection).await?;
                let held: i64 = held.count().get_result(connection).await?;
                Ok((apps + held).unsigned_abs())
            })
        })
        .await
    }

    async fn list(
        &self,
        epoch: EpochId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, SealedSeed)>, StoreError> {
        self.repeatable(&(epoch, after, limit), |connection, (epoch, after, limit)| {
            Box::pin(list(connection, *epoch, *after, *limit))
        })
        .await
    }

    async fn replace(&self, resealed: Vec<ResealedSeed>) -> Result<u64, StoreError> {
        self.transaction(&resealed, |connection, resealed| Box::pin(replace(connection, resealed))).await
    }
}

async fn list(
    connection: &mut AsyncPgConnection,
    epoch: EpochId,
    after: Option<UserId>,
    limit: u32,
) -> QueryResult<Vec<(UserId, SealedSeed)>> {
    let after = after.map_or(uuid::Uuid::nil(), UserId::as_uuid);
    let mut rows: Vec<(uuid::Uuid, Vec<u8>)> = totp_authenticators::table
        .filter(totp_authenticators::epoch.eq(epoch.0))
        .filter(totp_authenticators::user_id.gt(after))
        .order(totp_authenticators::user_id)
        .limit(limit.into())
        .select((totp_authenticators::user_id, totp_authenticators::seed))
        .load(connection)
        .await?;
    let held: Vec<(uuid::Uuid, Vec<u8>)> = held_authenticators::table
        .filter(held_authenticators::epoch.eq(epoch.0))
        .filter(held_authenticators::user_id.gt(after))
        .order(held_authenticators::user_id)
        .limit(limit.into())
        .select((held_authenticators::user_id, held_authenticators::seed))
        .load(connection)
        .await?;
    rows.extend(held);
    rows.sort_by_key(|(id, _)| *id);
    rows.truncate(limit as usize);
    Ok(rows.into_iter().map(|(id, bytes)| (UserId::from_uuid(id), SealedSeed { epoch, bytes })).collect())
}

/// The rows are locked first, in order: batches that overlap wait for each other and not in a circle.
async fn replace(connection: &mut AsyncPgConnection, resealed: &[ResealedSeed]) -> Result<u64, Abort<u64>> {
    let mut replaced = 0;
    for [lock, swap] in [LOCK_AND_SWAP_APPS, LOCK_AND_SWAP_HELD] {
        let users: Vec<_> = resealed.iter().map(|one| one.user.as_uuid()).collect();
        Statement::one(Sql::new(lock).bind::<Array<Uuid>, _>(users.clone())).execute(connection).await?;
        let swap = Sql::new(swap)
            .bind::<Array<Uuid>, _>(users)
            .bind::<Array<Bytea>, _>(resealed.iter().map(|one| one.from.bytes.as_slice()).collect::<Vec<_>>())
            .bind::<Array<Bytea>, _>(resealed.iter().map(|one| one.to.bytes.as_slice()).collect::<Vec<_>>())
            .bind::<Array<Integer>, _>(resealed.iter().map(|one| one.to.epoch.0).collect::<Vec<_>>());
        replaced += Statement::one(swap).execute(connection).await? as u64;
    }
    Ok(replaced)
}
