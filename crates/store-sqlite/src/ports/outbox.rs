use async_trait::async_trait;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper,
    SqliteConnection, alias, delete, sql_query,
    sql_types::{BigInt, Binary, Nullable, Text},
    update,
};
use doorward_kernel::{AuditEvent, MessageId, StoreError, Timestamp};
use doorward_notifier::{Claimed, Entry, Outbox, RetriedDead, RetryOutcome, Settlement, Stage, Verdict};

use crate::{
    SqliteStore,
    columns::Id,
    rows::{ClaimedRow, EntryRow},
    schema::outbox,
    steps::{audit::insert_audit, purge::purge},
};

const SENT: &str = "UPDATE outbox \
    SET next_try_at = NULL, leased_until = NULL, sent_at = coalesce(sent_at, ?3), provider = coalesce(?4, provider), \
        reference = coalesce(?5, reference), outcome = coalesce(outcome, ?6), outcome_at = coalesce(outcome_at, ?7) \
    WHERE id = ?1 AND leased_until = ?2";

#[async_trait]
impl Outbox for SqliteStore {
    async fn claim(&self, now: Timestamp, leased_until: Timestamp, limit: u32) -> Result<Vec<Claimed>, StoreError> {
        self.write(move |connection| Ok(claim(connection, now, leased_until, limit)?)).await
    }

    async fn settle(&self, settlements: Vec<Settlement>) -> Result<(), StoreError> {
        self.write(move |connection| Ok(settlements.iter().try_for_each(|one| settle(connection, one))?)).await
    }

    async fn list(&self, stage: Stage, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.read(|connection| list(connection, stage, limit))
    }

    async fn find(&self, id: MessageId) -> Result<Option<Entry>, StoreError> {
        self.read(|connection| {
            let entry = outbox::table.find(Id::from(id)).select(EntryRow::as_select());
            entry.first(connection).optional()?.map(EntryRow::decode).transpose()
        })
    }

    async fn retry(&self, id: MessageId, now: Timestamp, audit: AuditEvent) -> Result<RetryOutcome, StoreError> {
        self.write(move |connection| Ok(retry(connection, id, now, &audit)?)).await
    }

    async fn retry_dead(&self, now: Timestamp, audit: AuditEvent) -> Result<RetriedDead, StoreError> {
        self.write(move |connection| Ok(retry_dead(connection, now, &audit)?)).await
    }

    async fn purge(&self, expired_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let past = purge!("outbox", by "id", where "next_try_at IS NULL AND expires_at < ?1", oldest "expires_at");
        self.sweep(past, expired_before, limit).await
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
    rows.into_iter().filter_map(|row| read_or_bury(connection, row, now).transpose()).collect()
}

/// A row that nobody can read must not stop those behind it.
fn read_or_bury(connection: &mut SqliteConnection, row: ClaimedRow, now: Timestamp) -> QueryResult<Option<Claimed>> {
    let id = row.id();
    match row.decode() {
        Ok(claimed) => Ok(Some(claimed)),
        Err(error) => {
            tracing::error!(message.id = %MessageId::from(id), %error, "a message cannot be read");
            let never = (outbox::next_try_at.eq(None::<i64>), outbox::dead_since.eq(now.as_micros()));
            let values = (never, outbox::failure.eq("it cannot be read"));
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
        Verdict::Sent { .. } => settle_sent(connection, settlement)?,
        Verdict::Retry { .. } | Verdict::Wait { .. } | Verdict::Dead { .. } if has_outcome(connection, settlement)? => {
            // It was sent, whatever this try has seen.
            update(leased).set((outbox::next_try_at.eq(None::<i64>), unleased)).execute(connection)?
        }
        Verdict::Retry { at, reason } => {
            let again = (outbox::tries.eq(outbox::tries + 1), outbox::next_try_at.eq(at.as_micros()));
            update(leased).set((again, unleased, outbox::failure.eq(reason))).execute(connection)?
        }
        Verdict::Wait { until } => {
            update(leased).set((outbox::next_try_at.eq(until.as_micros()), unleased)).execute(connection)?
        }
        Verdict::Dead { at, reason } => {
            let never = (outbox::next_try_at.eq(None::<i64>), outbox::dead_since.eq(at.as_micros()));
            let counted = (outbox::tries.eq(outbox::tries + 1), outbox::failure.eq(reason));
            update(leased).set((never, unleased, counted)).execute(connection)?
        }
    };
    Ok(())
}

fn has_outcome(connection: &mut SqliteConnection, settlement: &Settlement) -> QueryResult<bool> {
    let told = outbox::table.find(Id::from(settlement.id)).filter(outbox::outcome.is_not_null());
    diesel::select(diesel::dsl::exists(told)).get_result(connection)
}

/// Reports on it from before stay.
fn settle_sent(connection: &mut SqliteConnection, settlement: &Settlement) -> QueryResult<usize> {
    let Verdict::Sent { provider, reference, at, end } = &settlement.verdict else { return Ok(0) };
    let sent = sql_query(SENT)
        .bind::<Binary, _>(Id::from(settlement.id))
        .bind::<BigInt, _>(settlement.leased_until.as_micros())
        .bind::<BigInt, _>(at.as_micros())
        .bind::<Nullable<Text>, _>(provider)
        .bind::<Nullable<Text>, _>(reference)
        .bind::<Nullable<Text>, _>(end.map(|end| end.outcome.as_str()))
        .bind::<Nullable<BigInt>, _>(end.map(|end| end.at.as_micros()));
    sent.execute(connection)
}

fn list(connection: &mut SqliteConnection, stage: Stage, limit: u32) -> QueryResult<Vec<Entry>> {
    let entries = outbox::table.limit(limit.into()).select(EntryRow::as_select());
    let rows: Vec<EntryRow> = match stage {
        // Every instant is later than that; without a bound SQLite would not search the index.
        Stage::Waiting => entries
            .filter(outbox::next_try_at.ge(i64::MIN))
            .order((outbox::next_try_at, outbox::id))
            .load(connection)?,
        Stage::Dead => entries
            .filter(outbox::next_try_at.is_null().and(outbox::dead_since.is_not_null()))
            .order((outbox::created_at.desc(), outbox::id.desc()))
            .load(connection)?,
    };
    Ok(rows.into_iter().filter_map(read_or_skip).collect())
}

/// A row that nobody can read must not hide those behind it.
pub(super) fn read_or_skip(row: EntryRow) -> Option<Entry> {
    let id = row.id();
    let unread = |error| tracing::error!(message.id = %MessageId::from(id), %error, "a message cannot be read");
    row.decode().map_err(unread).ok()
}

fn retry(
    connection: &mut SqliteConnection,
    id: MessageId,
    now: Timestamp,
    audit: &AuditEvent,
) -> QueryResult<RetryOutcome> {
    let message = outbox::table.find(Id::from(id));
    let dead = message.filter(outbox::dead_since.is_not_null()).filter(outbox::expires_at.gt(now.as_micros()));
    let afresh = (outbox::tries.eq(0), outbox::failed_provider.eq(None::<String>));
    let due = (outbox::next_try_at.eq(now.as_micros()), outbox::dead_since.eq(None::<i64>), afresh);
    if update(dead).set(due).execute(connection)? > 0 {
        insert_audit(connection, audit)?;
        return Ok(RetryOutcome::Retried);
    }
    let dead_since: Option<Option<i64>> = message.select(outbox::dead_since).first(connection).optional()?;
    Ok(match dead_since {
        None => RetryOutcome::NotFound,
        Some(None) => RetryOutcome::NotDead,
        Some(Some(_)) => RetryOutcome::Expired,
    })
}

fn retry_dead(connection: &mut SqliteConnection, now: Timestamp, audit: &AuditEvent) -> QueryResult<RetriedDead> {
    let dead = outbox::table.filter(outbox::next_try_at.is_null().and(outbox::dead_since.is_not_null()));
    let worth_sending = dead.filter(outbox::expires_at.gt(now.as_micros()));
    let afresh = (outbox::tries.eq(0), outbox::failed_provider.eq(None::<String>));
    let due = (outbox::next_try_at.eq(now.as_micros()), outbox::dead_since.eq(None::<i64>), afresh);
    let retried = update(worth_sending).set(due).execute(connection)?;
    if retried > 0 {
        insert_audit(connection, audit)?;
    }
    let expired: i64 = dead.count().get_result(connection)?;
    Ok(RetriedDead { retried: retried.try_into().unwrap_or(u64::MAX), expired: expired.unsigned_abs() })
}
