use async_trait::async_trait;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper, SqliteConnection,
    alias, delete, update,
};
use doorward_kernel::{MessageId, StoreError, Timestamp};
use doorward_notifier::{Claimed, Outbox, Settlement, Verdict};

use crate::{SqliteStore, columns::Id, rows::ClaimedRow, schema::outbox};

#[async_trait]
impl Outbox for SqliteStore {
    async fn claim(&self, now: Timestamp, leased_until: Timestamp, limit: u32) -> Result<Vec<Claimed>, StoreError> {
        self.write(move |connection| Ok(claim(connection, now, leased_until, limit)?)).await
    }

    async fn settle(&self, settlements: Vec<Settlement>) -> Result<(), StoreError> {
        self.write(move |connection| Ok(settlements.iter().try_for_each(|one| settle(connection, one))?)).await
    }
}

fn claim(
    connection: &mut SqliteConnection,
    now: Timestamp,
    leased_until: Timestamp,
    limit: u32,
) -> QueryResult<Vec<Claimed>> {
    let due = alias!(outbox as due);
    let lease = due.field(outbox::leased_until);
    let ids = due
        .filter(due.field(outbox::next_try_at).le(now.as_micros()))
        .filter(lease.is_null().or(lease.le(now.as_micros())))
        .order((due.field(outbox::next_try_at), due.field(outbox::id)))
        .limit(limit.into())
        .select(due.field(outbox::id));
    let mut rows: Vec<ClaimedRow> = update(outbox::table.filter(outbox::id.eq_any(ids)))
        .set(outbox::leased_until.eq(leased_until.as_micros()))
        .returning(ClaimedRow::as_returning())
        .load(connection)?;
    rows.sort_by_key(ClaimedRow::order);
    rows.into_iter().filter_map(|row| read_or_bury(connection, row).transpose()).collect()
}

/// A row that nobody can read must not stop those behind it.
fn read_or_bury(connection: &mut SqliteConnection, row: ClaimedRow) -> QueryResult<Option<Claimed>> {
    let id = row.id();
    match row.decode() {
        Ok(claimed) => Ok(Some(claimed)),
        Err(error) => {
            tracing::error!(message.id = %MessageId::from(id), %error, "a message cannot be read");
            let values = (outbox::next_try_at.eq(None::<i64>), outbox::failure.eq("it cannot be read"));
            update(outbox::table.find(id)).set(values).execute(connection)?;
            Ok(None)
        }
    }
}

fn settle(connection: &mut SqliteConnection, settlement: &Settlement) -> QueryResult<()> {
    let leased = outbox::table
        .filter(outbox::id.eq(Id::from(settlement.id)))
        .filter(outbox::leased_until.eq(settlement.leased_until.as_micros()));
    let unleased = outbox::leased_until.eq(None::<i64>);
    match &settlement.verdict {
        Verdict::Done => delete(leased).execute(connection)?,
        Verdict::Retry { at, reason } => {
            let again = (outbox::tries.eq(outbox::tries + 1), outbox::next_try_at.eq(at.as_micros()));
            update(leased).set((again, unleased, outbox::failure.eq(reason))).execute(connection)?
        }
        Verdict::Wait { until } => {
            update(leased).set((outbox::next_try_at.eq(until.as_micros()), unleased)).execute(connection)?
        }
        Verdict::Dead { reason } => {
            let never = outbox::next_try_at.eq(None::<i64>);
            update(leased).set((never, unleased, outbox::failure.eq(reason))).execute(connection)?
        }
    };
    Ok(())
}
