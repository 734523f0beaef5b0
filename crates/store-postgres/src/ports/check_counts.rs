use async_trait::async_trait;
use diesel::{
    ExpressionMethods, QueryDsl, QueryResult, delete,
    result::Error::DeserializationError,
    sql_query,
    sql_types::{Array, BigInt, Text},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{CheckCounts, CheckKind, CheckSlot};

use crate::{PgStore, connection::PgConnection, rows::Undecodable, schema::check_counts};

#[async_trait]
impl CheckCounts for PgStore {
    async fn exchange(&self, mut counted: Vec<CheckSlot>, oldest: Timestamp) -> Result<Vec<CheckSlot>, StoreError> {
        // Rows are taken in one order by all nodes.
        counted.sort_unstable_by_key(|slot| (slot.kind, slot.starts_at));
        self.once(&(counted, oldest), |connection, (counted, oldest)| {
            Box::pin(async {
                add(connection, counted).await?;
                delete(check_counts::table.filter(check_counts::slot.lt(oldest.as_micros())))
                    .execute(connection)
                    .await?;
                let rows: Vec<(String, i64, i64, i64)> =
                    check_counts::table.order((check_counts::kind, check_counts::slot)).load(connection).await?;
                rows.into_iter().map(slot).collect()
            })
        })
        .await
    }
}

async fn add(connection: &mut PgConnection, counted: &[CheckSlot]) -> QueryResult<()> {
    if counted.is_empty() {
        return Ok(());
    }
    let of = |value: fn(&CheckSlot) -> i64| counted.iter().map(value).collect::<Vec<_>>();
    let add = sql_query(
        "INSERT INTO check_counts AS kept (kind, slot, failed, total) \
         SELECT kind, slot, failed, total FROM unnest($1, $2, $3, $4) AS counted (kind, slot, failed, total) \
         ON CONFLICT (kind, slot) DO UPDATE \
             SET failed = kept.failed + excluded.failed, total = kept.total + excluded.total",
    )
    .bind::<Array<Text>, _>(counted.iter().map(|slot| slot.kind.as_str()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(of(|slot| slot.starts_at.as_micros()))
    .bind::<Array<BigInt>, _>(of(|slot| slot.failed.cast_signed()))
    .bind::<Array<BigInt>, _>(of(|slot| slot.total.cast_signed()));
    add.execute(connection).await?;
    Ok(())
}

fn slot((kind, slot, failed, total): (String, i64, i64, i64)) -> QueryResult<CheckSlot> {
    let unknown = || DeserializationError(Box::new(Undecodable("check_counts.kind")));
    Ok(CheckSlot {
        kind: CheckKind::parse(&kind).ok_or_else(unknown)?,
        starts_at: Timestamp::from_micros(slot),
        failed: failed.unsigned_abs(),
        total: total.unsigned_abs(),
    })
}
