use std::slice;

use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, delete, insert_into,
};
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BucketKey, BucketRow, Buckets, Leased, Take, TakeDecision, TakeOutcome, decide, rows_of};

use crate::{SqliteStore, schema::buckets, steps::purge::purge};

/// Decided by the domain's own function: the writer holds the write lock from before the
/// first read on, across processes too, so what was read is what is changed.
#[async_trait]
impl Buckets for SqliteStore {
    async fn take(&self, takes: Vec<Take>, now: Timestamp) -> Result<TakeOutcome, StoreError> {
        if rows_of(&takes).is_empty() {
            return Ok(TakeOutcome::Admitted);
        }
        self.write(move |connection| {
            let TakeDecision { outcome, writes } = look(connection, &takes, now)?;
            writes.into_iter().try_for_each(|(row, state)| keep(connection, row, state))?;
            Ok(outcome)
        })
        .await
    }

    async fn lease(&self, takes: Vec<Take>, now: Timestamp) -> Result<Vec<Leased>, StoreError> {
        self.write(move |connection| {
            let mut leased = Vec::with_capacity(takes.len());
            for take in &takes {
                let TakeDecision { outcome, writes } = look(connection, slice::from_ref(take), now)?;
                for (row, state) in &writes {
                    keep(connection, *row, *state)?;
                }
                let state_of = |row| writes.iter().find(|(kept, _)| *kept == row).map(|(_, state)| *state);
                leased.push(Leased::of(take, &outcome, now, state_of));
            }
            Ok(leased)
        })
        .await
    }

    async fn peek(&self, takes: Vec<Take>, now: Timestamp) -> Result<TakeOutcome, StoreError> {
        self.read(|connection| Ok(look(connection, &takes, now)?.outcome))
    }

    async fn refund(&self, takes: Vec<Take>, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |connection| {
            for take in rows_of(&takes) {
                let kept = state(connection, take.row)?;
                if kept.is_some() {
                    // A full bucket's row says the same as none, and the sweep forgets it.
                    let state = take.rate.refund(kept, now, take.cost).unwrap_or(now);
                    keep(connection, take.row, state)?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn reset(&self, key: BucketKey) -> Result<(), StoreError> {
        self.write(move |connection| {
            let rows = buckets::table.filter(buckets::kind.eq(key.kind.as_str()));
            delete(rows.filter(buckets::subject.eq(&key.subject[..]))).execute(connection)?;
            Ok(())
        })
        .await
    }

    async fn purge_full(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let full = purge!("buckets", by "kind, subject, window_seconds", where "state <= ?1", oldest "state");
        self.sweep(full, before, limit).await
    }
}

fn look(connection: &mut SqliteConnection, takes: &[Take], now: Timestamp) -> QueryResult<TakeDecision> {
    let rows = rows_of(takes);
    let mut states = Vec::with_capacity(rows.len());
    for take in &rows {
        states.push((take.row, state(connection, take.row)?));
    }
    let state_of = |row| states.iter().find(|(kept, _)| *kept == row).and_then(|(_, state)| *state);
    Ok(decide(&rows, now, state_of))
}

fn state(connection: &mut SqliteConnection, row: BucketRow) -> QueryResult<Option<Timestamp>> {
    let id = (row.key.kind.as_str(), &row.key.subject[..], i64::from(row.window_seconds));
    let state = buckets::table.find(id).select(buckets::state).first(connection).optional()?;
    Ok(state.map(Timestamp::from_micros))
}

fn keep(connection: &mut SqliteConnection, row: BucketRow, state: Timestamp) -> QueryResult<()> {
    let kept = buckets::state.eq(state.as_micros());
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
