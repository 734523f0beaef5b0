use std::slice;

use async_trait::async_trait;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, insert_into};
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BucketRow, BucketState, Buckets, Leased, Lockout, Take, TakeOutcome, decide, rows_of};

use crate::{
    SqliteStore,
    columns::micros,
    schema::buckets,
    steps::{purge::purge, tries::clear_tries},
};

/// Decided by the domain's own function: the writer holds the write lock from before the
/// first read on, across processes too, so what was read is what is changed.
#[async_trait]
impl Buckets for SqliteStore {
    async fn take(&self, takes: Vec<Take>, now: Timestamp) -> Result<TakeOutcome, StoreError> {
        if rows_of(&takes).is_empty() {
            return Ok(TakeOutcome::ADMITTED);
        }
        self.write(move |connection| Ok(take(connection, &takes, now)?.0)).await
    }

    async fn lease(&self, takes: Vec<Take>, now: Timestamp) -> Result<Vec<Leased>, StoreError> {
        self.write(move |connection| {
            let mut leased = Vec::with_capacity(takes.len());
            for asked in &takes {
                let (outcome, writes) = take(connection, slice::from_ref(asked), now)?;
                let state_of = |row| writes.iter().find(|(kept, _)| *kept == row).map(|(_, state)| *state);
                leased.push(Leased::of(asked, &outcome, now, state_of));
            }
            Ok(leased)
        })
        .await
    }

    async fn refund(&self, takes: Vec<Take>, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |connection| {
            for take in rows_of(&takes) {
                if let Some(kept) = state(connection, take.row)? {
                    // A row that says the same as none is forgotten by the sweep.
                    let none = BucketState { until: now, lockout: Lockout::default() };
                    keep(connection, take.row, take.refund(kept, now).unwrap_or(none))?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn clear_tries(&self, authenticator: [u8; 16]) -> Result<(), StoreError> {
        self.write(move |connection| Ok(clear_tries(connection, authenticator)?)).await
    }

    async fn purge_full(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let full = purge!("buckets", by "kind, subject, window_seconds", where "state <= ?1", oldest "state");
        self.sweep(full, before, limit).await
    }
}

/// Takes as the domain decides, and returns also what was written.
fn take(
    connection: &mut SqliteConnection,
    takes: &[Take],
    now: Timestamp,
) -> QueryResult<(TakeOutcome, Vec<(BucketRow, BucketState)>)> {
    let rows = rows_of(takes);
    let mut states = Vec::with_capacity(rows.len());
    for take in &rows {
        states.push((take.row, state(connection, take.row)?));
    }
    let state_of = |row| states.iter().find(|(kept, _)| *kept == row).and_then(|(_, state)| *state);
    let (outcome, writes) = decide(&rows, now, state_of);
    for (row, state) in &writes {
        keep(connection, *row, *state)?;
    }
    Ok((outcome, writes))
}

fn state(connection: &mut SqliteConnection, row: BucketRow) -> QueryResult<Option<BucketState>> {
    let id = (row.key.kind.as_str(), &row.key.subject[..], i64::from(row.window_seconds));
    let columns = (buckets::state, buckets::consecutive, buckets::blocked_until);
    let kept: Option<(i64, i64, Option<i64>)> = buckets::table.find(id).select(columns).first(connection).optional()?;
    Ok(kept.map(|(until, consecutive, blocked_until)| BucketState {
        until: Timestamp::from_micros(until),
        lockout: Lockout {
            consecutive: u32::try_from(consecutive).unwrap_or(u32::MAX),
            blocked_until: blocked_until.map(Timestamp::from_micros),
        },
    }))
}

fn keep(connection: &mut SqliteConnection, row: BucketRow, state: BucketState) -> QueryResult<()> {
    let kept = (
        buckets::state.eq(state.until.as_micros()),
        buckets::consecutive.eq(i64::from(state.lockout.consecutive)),
        buckets::blocked_until.eq(micros(state.lockout.blocked_until)),
    );
    insert_into(buckets::table)
        .values((
            buckets::kind.eq(row.key.kind.as_str()),
            buckets::subject.eq(&row.key.subject[..]),
            buckets::window_seconds.eq(i64::from(row.window_seconds)),
            kept,
        ))
        .on_conflict((buckets::kind, buckets::subject, buckets::window_seconds))
        .do_update()
        .set(kept)
        .execute(connection)?;
    Ok(())
}
