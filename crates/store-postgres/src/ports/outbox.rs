use async_trait::async_trait;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper, data_types::PgTimestamp, update};
use diesel_async::RunQueryDsl;
use doorward_kernel::{AuditEvent, MessageId, StoreError, Timestamp};
use doorward_notifier::{Claimed, Entry, Outbox, RetriedDead, RetryOutcome, Settlement, Stage};

use crate::{
    PgStore,
    columns::stored,
    connection::PgConnection,
    hot::settle_messages,
    rows::{ClaimedRow, EntryRow},
    schema::outbox,
    sql::Sql,
    steps::{audit::insert_audit, purge::purge},
    store::Step,
};

const CLAIM: &str = "WITH due AS ( \
        SELECT id FROM outbox WHERE next_try_at <= $now AND (leased_until IS NULL OR leased_until <= $now) \
        ORDER BY next_try_at, id LIMIT $limit FOR UPDATE SKIP LOCKED), \
    claimed AS (UPDATE outbox SET leased_until = $leased_until FROM due WHERE outbox.id = due.id RETURNING outbox.*) \
    SELECT id, channel, recipient, locale, template, challenge_id, epoch, digits, detail, change_id, \
        created_at, expires_at, tries, leased_until, failed_provider FROM claimed ORDER BY next_try_at, id";

#[async_trait]
impl Outbox for PgStore {
    async fn claim(&self, now: Timestamp, leased_until: Timestamp, limit: u32) -> Result<Vec<Claimed>, StoreError> {
        self.write_one(async |connection| {
            let claim = Sql::new(CLAIM)
                .bind("now", stored(now))
                .bind("limit", i64::from(limit))
                .bind("leased_until", stored(leased_until));
            let rows: Vec<ClaimedRow> = claim.load(connection).await?;
            Ok(rows.into_iter().filter_map(readable).collect())
        })
        .await
    }

    async fn settle(&self, mut settlements: Vec<Settlement>) -> Result<(), StoreError> {
        if settlements.len() == 1
            && let Some(settlement) = settlements.pop()
        {
            return self.hot.settle.call(settlement).await;
        }
        self.write_one(async |connection| settle_messages(connection, &settlements).await.map(drop)).await
    }

    async fn list(&self, stage: Stage, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.read(async |connection| {
            let entries = outbox::table.limit(i64::from(limit)).select(EntryRow::as_select());
            let rows: Vec<EntryRow> = match &stage {
                Stage::Waiting => {
                    let waiting = entries.filter(outbox::next_try_at.is_not_null());
                    waiting.order((outbox::next_try_at, outbox::id)).load(connection).await?
                }
                Stage::Dead => {
                    let dead = entries.filter(outbox::dead_since.is_not_null());
                    dead.order((outbox::created_at.desc(), outbox::id.desc())).load(connection).await?
                }
            };
            Ok(rows.into_iter().filter_map(read_or_skip).collect())
        })
        .await
    }

    async fn find(&self, id: MessageId) -> Result<Option<Entry>, StoreError> {
        self.read(async |connection| {
            let entry = outbox::table.find(id.as_uuid()).select(EntryRow::as_select());
            entry.first(connection).await.optional()?.map(EntryRow::decode).transpose()
        })
        .await
    }

    async fn retry(&self, id: MessageId, now: Timestamp, audit: AuditEvent) -> Result<RetryOutcome, StoreError> {
        self.write(async |connection| retry(connection, id, now, &audit).await).await
    }

    async fn retry_dead(&self, now: Timestamp, audit: AuditEvent) -> Result<RetriedDead, StoreError> {
        self.write(async |connection| retry_dead(connection, now, &audit).await).await
    }

    async fn purge(&self, expired_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let past = purge!("outbox", by "id", where "next_try_at IS NULL AND expires_at < $before", oldest "expires_at");
        self.sweep(past, expired_before, limit).await
    }
}

/// A row that this release cannot read stays under its lease and stops nobody: another node may read it.
fn readable(row: ClaimedRow) -> Option<Claimed> {
    let id = row.id();
    match row.decode() {
        Ok(claimed) => Some(claimed),
        Err(error) => {
            tracing::error!(message.id = %id, %error, "a message cannot be read here");
            None
        }
    }
}

/// A row that nobody can read must not hide those behind it.
pub(super) fn read_or_skip(row: EntryRow) -> Option<Entry> {
    let id = row.id();
    let unread = |error| tracing::error!(message.id = %id, %error, "a message cannot be read");
    row.decode().map_err(unread).ok()
}

async fn retry(connection: &mut PgConnection, id: MessageId, now: Timestamp, audit: &AuditEvent) -> Step<RetryOutcome> {
    let message = outbox::table.find(id.as_uuid());
    let dead = message.filter(outbox::dead_since.is_not_null()).filter(outbox::expires_at.gt(stored(now)));
    let afresh = (outbox::tries.eq(0), outbox::failed_provider.eq(None::<String>));
    let due = (outbox::next_try_at.eq(stored(now)), outbox::dead_since.eq(None::<PgTimestamp>), afresh);
    if update(dead).set(due).execute(connection).await? > 0 {
        insert_audit(connection, audit).await?;
        return Ok(RetryOutcome::Retried);
    }
    let dead_since = message.select(outbox::dead_since).first::<Option<PgTimestamp>>(connection).await.optional()?;
    Ok(match dead_since {
        None => RetryOutcome::NotFound,
        Some(None) => RetryOutcome::NotDead,
        Some(Some(_)) => RetryOutcome::Expired,
    })
}

async fn retry_dead(connection: &mut PgConnection, now: Timestamp, audit: &AuditEvent) -> Step<RetriedDead> {
    let dead = outbox::table.filter(outbox::dead_since.is_not_null());
    let worth_sending = dead.filter(outbox::expires_at.gt(stored(now)));
    let afresh = (outbox::tries.eq(0), outbox::failed_provider.eq(None::<String>));
    let due = (outbox::next_try_at.eq(stored(now)), outbox::dead_since.eq(None::<PgTimestamp>), afresh);
    let retried = update(worth_sending).set(due).execute(connection).await?;
    if retried > 0 {
        insert_audit(connection, audit).await?;
    }
    let expired: i64 = dead.filter(outbox::expires_at.le(stored(now))).count().get_result(connection).await?;
    Ok(RetriedDead { retried: retried.try_into().unwrap_or(u64::MAX), expired: expired.unsigned_abs() })
}
