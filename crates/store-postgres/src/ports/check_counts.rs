use async_trait::async_trait;
use diesel::{
    ExpressionMethods, QueryDsl, sql_query,
    sql_types::{Array, BigInt, Text},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::StoreError;
use doorward_limit::{CheckCounts, CheckKind, CheckSlot};

use crate::{PgStore, schema::check_counts};

#[async_trait]
impl CheckCounts for PgStore {
    async fn add(&self, kind: CheckKind, mut counted: Vec<CheckSlot>) -> Result<(), StoreError> {
        // Rows are taken in one order by all nodes.
        counted.sort_unstable_by_key(|bucket| bucket.slot);
        self.once(&(kind, counted), |connection, (kind, counted)| {
            Box::pin(async {
                let of = |value: fn(&CheckSlot) -> i64| counted.iter().map(value).collect::<Vec<_>>();
                let add = sql_query(
                    "INSERT INTO check_counts AS kept (kind, slot, failed, total) \
                     SELECT $1, slot, failed, total FROM unnest($2, $3, $4) AS counted (slot, failed, total) \
                     ON CONFLICT (kind, slot) DO UPDATE \
                         SET failed = kept.failed + excluded.failed, total = kept.total + excluded.total",
                )
                .bind::<Text, _>(kind.as_str())
                .bind::<Array<BigInt>, _>(of(|bucket| bucket.slot))
                .bind::<Array<BigInt>, _>(of(|bucket| bucket.failed.cast_signed()))
                .bind::<Array<BigInt>, _>(of(|bucket| bucket.total.cast_signed()));
                add.execute(connection).await?;
                Ok(())
            })
        })
        .await
    }

    async fn since(&self, kind: CheckKind, oldest: i64) -> Result<Vec<CheckSlot>, StoreError> {
        self.repeatable(&(kind, oldest), |connection, (kind, oldest)| {
            Box::pin(async {
                let rows: Vec<(i64, i64, i64)> = check_counts::table
                    .filter(check_counts::kind.eq(kind.as_str()))
                    .filter(check_counts::slot.ge(*oldest))
                    .order(check_counts::slot)
                    .select((check_counts::slot, check_counts::failed, check_counts::total))
                    .load(connection)
                    .await?;
                let bucket = |(slot, failed, total): (i64, i64, i64)| CheckSlot {
                    slot,
                    failed: failed.unsigned_abs(),
                    total: total.unsigned_abs(),
                };
                Ok(rows.into_iter().map(bucket).collect())
            })
        })
        .await
    }

    async fn purge_before(&self, kind: CheckKind, oldest: i64) -> Result<u64, StoreError> {
        self.once(&(kind, oldest), |connection, (kind, oldest)| {
            Box::pin(async {
                let old = check_counts::table
                    .filter(check_counts::kind.eq(kind.as_str()))
                    .filter(check_counts::slot.lt(*oldest));
                let forgotten = diesel::delete(old).execute(connection).await?;
                Ok(u64::try_from(forgotten).unwrap_or(u64::MAX))
            })
        })
        .await
    }
}
