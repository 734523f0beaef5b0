use async_trait::async_trait;
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Binary, Nullable, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BudgetKey, CountedTry, FailurePolicy, FailureRows, FailureState};

use crate::{
    PgStore,
    sql::{Sql, Statement},
    store::Abort,
};

/// A row as it is kept.
#[derive(QueryableByName)]
struct KeptRow {
    #[diesel(sql_type = BigInt)]
    consecutive: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    blocked_until: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    disabled_at: Option<i64>,
}

#[async_trait]
impl FailureRows for PgStore {
    async fn count(&self, key: BudgetKey, policy: FailurePolicy, now: Timestamp) -> Result<CountedTry, StoreError> {
        self.transaction(&(key, policy, now), |connection, (key, policy, now)| {
            Box::pin(count(connection, key, policy, *now))
        })
        .await
    }

    async fn put_back(&self, key: BudgetKey, tried: CountedTry) -> Result<(), StoreError> {
        self.once(&(key, tried), |connection, (key, tried)| {
            Box::pin(async {
                let put_back = Sql::new(
                    "UPDATE failure_rows SET consecutive = $6, blocked_until = $7, disabled_at = $8 \
                     WHERE kind = $1 AND subject = $2 AND consecutive = $3 \
                         AND blocked_until IS NOT DISTINCT FROM $4 AND disabled_at IS NOT DISTINCT FROM $5",
                );
                let put_back = bind(bind(of(put_back, key), &tried.after), &tried.before);
                Statement::one(put_back).execute(connection).await?;
                Ok(())
            })
        })
        .await
    }

    async fn clear(&self, keys: Vec<BudgetKey>) -> Result<(), StoreError> {
        self.repeatable(&keys, |connection, keys| {
            Box::pin(async {
                let clear = Sql::new(
                    "DELETE FROM failure_rows USING unnest($1, $2) AS cleared (kind, subject) \
                     WHERE failure_rows.kind = cleared.kind AND failure_rows.subject = cleared.subject",
                );
                let clear = clear
                    .bind::<Array<Text>, _>(keys.iter().map(|key| key.kind.as_str()).collect::<Vec<_>>())
                    .bind::<Array<Binary>, _>(keys.iter().map(|key| key.subject.to_vec()).collect::<Vec<_>>());
                Statement::one(clear).execute(connection).await?;
                Ok(())
            })
        })
        .await
    }

    async fn forget_untouched(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.once(&(before, limit), |connection, (before, limit)| {
            Box::pin(async {
                let forget = Sql::new(
                    "DELETE FROM failure_rows WHERE (kind, subject) IN ( \
                         SELECT kind, subject FROM failure_rows WHERE touched_at < $1 AND disabled_at IS NULL ORDER BY touched_at LIMIT $2 \
                         FOR UPDATE SKIP LOCKED)",
                );
                let forget = forget.bind::<BigInt, _>(before.as_micros()).bind::<BigInt, _>(i64::from(*limit));
                let forgotten = Statement::one(forget).execute(connection).await?;
                Ok(u64::try_from(forgotten).unwrap_or(u64::MAX))
            })
        })
        .await
    }
}

/// Takes hold of the row, a new one if there is none, and adds the failure to it.
async fn count(
    connection: &mut AsyncPgConnection,
    key: &BudgetKey,
    policy: &FailurePolicy,
    now: Timestamp,
) -> Result<CountedTry, Abort<CountedTry>> {
    let claim = Sql::new(
        "INSERT INTO failure_rows AS kept (kind, subject, consecutive, touched_at) VALUES ($1, $2, 0, $3) \
         ON CONFLICT (kind, subject) DO UPDATE SET touched_at = kept.touched_at \
         RETURNING consecutive, blocked_until, disabled_at",
    );
    let claim = Statement::one(of(claim, key).bind::<BigInt, _>(now.as_micros()));
    let held: Vec<KeptRow> = claim.load(connection).await?;
    let before = held.into_iter().next().map(FailureState::from).unwrap_or_default();
    let tried = CountedTry::after(before, policy, now);
    if tried.is_open() {
        let add = Sql::new(
            "UPDATE failure_rows SET consecutive = $3, blocked_until = $4, disabled_at = $5, touched_at = $6 \
             WHERE kind = $1 AND subject = $2",
        );
        let add = bind(of(add, key), &tried.after).bind::<BigInt, _>(now.as_micros());
        Statement::one(add).execute(connection).await?;
    }
    Ok(tried)
}

fn of<'a>(sql: Sql<'a>, key: &BudgetKey) -> Sql<'a> {
    sql.bind::<Text, _>(key.kind.as_str()).bind::<Binary, _>(key.subject.to_vec())
}

fn bind<'a>(sql: Sql<'a>, state: &FailureState) -> Sql<'a> {
    sql.bind::<BigInt, _>(i64::from(state.consecutive))
        .bind::<Nullable<BigInt>, _>(state.blocked_until.map(Timestamp::as_micros))
        .bind::<Nullable<BigInt>, _>(state.disabled_at.map(Timestamp::as_micros))
}

impl From<KeptRow> for FailureState {
    fn from(row: KeptRow) -> Self {
        Self {
            consecutive: u32::try_from(row.consecutive).unwrap_or(u32::MAX),
            blocked_until: row.blocked_until.map(Timestamp::from_micros),
            disabled_at: row.disabled_at.map(Timestamp::from_micros),
        }
    }
}
