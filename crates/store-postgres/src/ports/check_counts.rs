use async_trait::async_trait;
use diesel::{ExpressionMethods, QueryDsl, QueryResult, delete};
use diesel_async::RunQueryDsl;
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{CheckCounts, CheckKind, CheckSlot};

use crate::{PgStore, columns::corrupt, connection::PgConnection, schema::check_counts, sql::Sql};

const ADD: &str = "INSERT INTO check_counts AS kept (kind, slot, failed, total) \
    SELECT kind, slot, failed, total FROM unnest($kinds, $slots, $failed, $totals) AS counted (kind, slot, failed, total) \
    ON CONFLICT (kind, slot) DO UPDATE \
        SET failed = kept.failed + excluded.failed, total = kept.total + excluded.total";

#[async_trait]
impl CheckCounts for PgStore {
    async fn exchange(&self, mut counted: Vec<CheckSlot>, oldest: Timestamp) -> Result<Vec<CheckSlot>, StoreError> {
        // Rows are taken in one order by all nodes.
        counted.sort_unstable_by_key(|slot| (slot.kind, slot.starts_at));
        self.write(async |connection| {
            add(connection, &counted).await?;
            delete(check_counts::table.filter(check_counts::slot.lt(oldest.as_micros()))).execute(connection).await?;
            let rows: Vec<(String, i64, i64, i64)> =
                check_counts::table.order((check_counts::kind, check_counts::slot)).load(connection).await?;
            Ok(rows.into_iter().map(slot).collect::<QueryResult<_>>()?)
        })
        .await
    }
}

async fn add(connection: &mut PgConnection, counted: &[CheckSlot]) -> QueryResult<()> {
    if counted.is_empty() {
        return Ok(());
    }
    let add = Sql::new(ADD)
        .each("kinds", counted, |slot| slot.kind.as_str())
        .each("slots", counted, |slot| slot.starts_at.as_micros())
        .each("failed", counted, |slot| slot.failed.cast_signed())
        .each("totals", counted, |slot| slot.total.cast_signed());
    add.execute(connection).await?;
    Ok(())
}

fn slot((kind, slot, failed, total): (String, i64, i64, i64)) -> QueryResult<CheckSlot> {
    Ok(CheckSlot {
        kind: CheckKind::parse(&kind).ok_or_else(|| corrupt("check_counts.kind"))?,
        starts_at: Timestamp::from_micros(slot),
        failed: failed.unsigned_abs(),
        total: total.unsigned_abs(),
    })
}
