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
    schema::totp_authenticators,
    sql::{Sql, Statement},
    store::Abort,
};

#[async_trait]
impl SealedSeeds for PgStore {
    async fn count(&self, epoch: EpochId) -> Result<u64, StoreError> {
        self.repeatable(&epoch, |connection, epoch| {
            Box::pin(async {
                let of_epoch = totp_authenticators::table.filter(totp_authenticators::epoch.eq(epoch.0));
                let seeds: i64 = of_epoch.count().get_result(connection).await?;
                Ok(seeds.unsigned_abs())
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
    let rows: Vec<(uuid::Uuid, Vec<u8>)> = totp_authenticators::table
        .filter(totp_authenticators::epoch.eq(epoch.0))
        .filter(totp_authenticators::user_id.gt(after))
        .order(totp_authenticators::user_id)
        .limit(limit.into())
        .select((totp_authenticators::user_id, totp_authenticators::seed))
        .load(connection)
        .await?;
    Ok(rows.into_iter().map(|(id, bytes)| (UserId::from_uuid(id), SealedSeed { epoch, bytes })).collect())
}

/// The rows are locked first, in order: batches that overlap wait for each other and not in a circle.
async fn replace(connection: &mut AsyncPgConnection, resealed: &[ResealedSeed]) -> Result<u64, Abort<u64>> {
    let users: Vec<_> = resealed.iter().map(|one| one.user.as_uuid()).collect();
    let lock = Sql::new("SELECT user_id FROM totp_authenticators WHERE user_id = ANY($1) ORDER BY user_id FOR UPDATE")
        .bind::<Array<Uuid>, _>(users.clone());
    Statement::one(lock).execute(connection).await?;
    let swap = Sql::new(
        "UPDATE totp_authenticators SET seed = new.seed, epoch = new.epoch \
         FROM unnest($1, $2, $3, $4) AS new (user_id, old, seed, epoch) \
         WHERE totp_authenticators.user_id = new.user_id AND totp_authenticators.seed = new.old",
    )
    .bind::<Array<Uuid>, _>(users)
    .bind::<Array<Bytea>, _>(resealed.iter().map(|one| one.from.bytes.as_slice()).collect::<Vec<_>>())
    .bind::<Array<Bytea>, _>(resealed.iter().map(|one| one.to.bytes.as_slice()).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(resealed.iter().map(|one| one.to.epoch.0).collect::<Vec<_>>());
    Ok(Statement::one(swap).execute(connection).await? as u64)
}
