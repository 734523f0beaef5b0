use async_trait::async_trait;
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl, delete, insert_into};
use doorward_kernel::StoreError;
use doorward_limit::{CheckCounts, CheckKind, CheckSlot};

use crate::{SqliteStore, schema::check_counts};

#[async_trait]
impl CheckCounts for SqliteStore {
    async fn add(&self, kind: CheckKind, counted: Vec<CheckSlot>) -> Result<(), StoreError> {
        self.write(move |connection| {
            for bucket in &counted {
                let (failed, total) = (bucket.failed.cast_signed(), bucket.total.cast_signed());
                insert_into(check_counts::table)
                    .values((
                        check_counts::kind.eq(kind.as_str()),
                        check_counts::slot.eq(bucket.slot),
                        check_counts::failed.eq(failed),
                        check_counts::total.eq(total),
                    ))
                    .on_conflict((check_counts::kind, check_counts::slot))
                    .do_update()
                    .set((
                        check_counts::failed.eq(check_counts::failed + failed),
                        check_counts::total.eq(check_counts::total + total),
                    ))
                    .execute(connection)?;
            }
            Ok(())
        })
        .await
    }

    async fn since(&self, kind: CheckKind, oldest: i64) -> Result<Vec<CheckSlot>, StoreError> {
        self.read(|connection| {
            let rows: Vec<(i64, i64, i64)> = check_counts::table
                .filter(check_counts::kind.eq(kind.as_str()))
                .filter(check_counts::slot.ge(oldest))
                .order(check_counts::slot)
                .select((check_counts::slot, check_counts::failed, check_counts::total))
                .load(connection)?;
            let bucket = |(slot, failed, total): (i64, i64, i64)| CheckSlot {
                slot,
                failed: failed.unsigned_abs(),
                total: total.unsigned_abs(),
            };
            Ok(rows.into_iter().map(bucket).collect())
        })
    }

    async fn purge_before(&self, kind: CheckKind, oldest: i64) -> Result<u64, StoreError> {
        self.write(move |connection| {
            let old =
                check_counts::table.filter(check_counts::kind.eq(kind.as_str())).filter(check_counts::slot.lt(oldest));
            let forgotten = delete(old).execute(connection)?;
            Ok(u64::try_from(forgotten).unwrap_or(u64::MAX))
        })
        .await
    }
}
