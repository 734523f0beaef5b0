use async_trait::async_trait;
use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, delete, insert_into};
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{CheckCounts, CheckKind, CheckSlot};

use crate::{SqliteStore, columns::corrupt, schema::check_counts};

#[async_trait]
impl CheckCounts for SqliteStore {
    async fn exchange(&self, counted: Vec<CheckSlot>, oldest: Timestamp) -> Result<Vec<CheckSlot>, StoreError> {
        self.write(move |connection| {
            for CheckSlot { kind, starts_at, failed, total } in &counted {
                let (failed, total) = (failed.cast_signed(), total.cast_signed());
                insert_into(check_counts::table)
                    .values((
                        check_counts::kind.eq(kind.as_str()),
                        check_counts::slot.eq(starts_at.as_micros()),
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
            delete(check_counts::table.filter(check_counts::slot.lt(oldest.as_micros()))).execute(connection)?;
            let rows: Vec<(String, i64, i64, i64)> =
                check_counts::table.order((check_counts::kind, check_counts::slot)).load(connection)?;
            Ok(rows.into_iter().map(slot).collect::<QueryResult<_>>()?)
        })
        .await
    }
}

fn slot((kind, slot, failed, total): (String, i64, i64, i64)) -> QueryResult<CheckSlot> {
    Ok(CheckSlot {
        kind: CheckKind::parse(&kind).ok_or_else(|| corrupt("check_counts.kind"))?,
        starts_at: Timestamp::from_micros(slot),
        failed: failed.unsigned_abs(),
        total: total.unsigned_abs(),
    })
}
