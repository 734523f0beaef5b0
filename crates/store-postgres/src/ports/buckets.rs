use std::slice;

use async_trait::async_trait;
use diesel::{QueryResult, prelude::QueryableByName, sql_types::BigInt};
use diesel_async::RunQueryDsl;
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BucketRow, BucketState, Buckets, Leased, RowTake, Take, TakeOutcome, decide, rows_of};

use crate::{
    PgStore,
    batch::Refusal,
    connection::PgConnection,
    hot::TakeCall,
    steps::{
        buckets::{self, Columns},
        takes::{StateRow, Taken, TakenRow, Together, admitted},
    },
    store::Halt,
};

/// The retries of a refused take that finds no bucket to refuse it, as others give back meanwhile.
const MAX_RETRIES: usize = 5;

/// A row, by its place among those that were asked for, as it is kept.
#[derive(QueryableByName)]
struct KeptRow {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(embed)]
    state: StateRow,
}

/// Buckets that gave something back whenever one looked why they had refused.
#[derive(Debug, thiserror::Error)]
#[error("the buckets changed again and again")]
struct Unsettled;

#[async_trait]
impl Buckets for PgStore {
    async fn take(&self, takes: Vec<Take>, now: Timestamp) -> Result<TakeOutcome, StoreError> {
        let rows = costly(&takes);
        if rows.is_empty() {
            return Ok(TakeOutcome::ADMITTED);
        }
        match self.hot.take.call(TakeCall { rows: rows.clone(), now }).await?? {
            Some(outcome) => Ok(outcome),
            None => self.take_alone(&rows, &mut Taken::new(), now).await,
        }
    }

    async fn lease(&self, takes: Vec<Take>, now: Timestamp) -> Result<Vec<Leased>, StoreError> {
        let calls: Vec<_> = takes.iter().map(|take| costly(slice::from_ref(take))).collect();
        let together = Together::of(calls.iter().map(Vec::as_slice));
        let states = self.take(&together.rows(), &together.calls(), now).await?;
        let mut leased = Vec::with_capacity(takes.len());
        for (place, (take, rows)) in takes.iter().zip(&calls).enumerate() {
            let mut states = states.clone();
            let outcome = if let Some(outcome) = together.outcome(place, &states) {
                outcome
            } else {
                self.give_back_taken(together.call(place).unwrap_or_default(), &states, now).await?;
                self.take_alone(rows, &mut states, now).await?
            };
            leased.push(Leased::of(take, &outcome, now, |row| states.get(&row).copied()));
        }
        Ok(leased)
    }

    async fn refund(&self, takes: Vec<Take>, now: Timestamp) -> Result<(), StoreError> {
        self.connections.give_back(rows_of(&takes), now).await.map_err(Refusal::into_error)
    }

    async fn clear_tries(&self, authenticator: [u8; 16]) -> Result<(), StoreError> {
        self.repeatable(async |connection| {
            buckets::clear_tries(authenticator).execute(connection).await?;
            Ok(())
        })
        .await
    }

    async fn purge_full(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write_one(async |connection| {
            let forgotten = buckets::purge_full(before, limit).execute(connection).await?;
            Ok(u64::try_from(forgotten).unwrap_or(u64::MAX))
        })
        .await
    }
}

impl PgStore {
    async fn take(&self, rows: &[RowTake], calls: &[&[RowTake]], now: Timestamp) -> Result<Taken, StoreError> {
        self.connections.take(rows, calls, now).await.map_err(Refusal::into_error)
    }

    async fn give_back_taken(&self, rows: &[RowTake], taken: &Taken, now: Timestamp) -> Result<(), StoreError> {
        self.connections.give_back_taken(rows, taken, now).await.map_err(Refusal::into_error)
    }

    /// Decides a call that could not take with others: it finds the bucket that refuses it.
    async fn take_alone(&self, rows: &[RowTake], taken: &mut Taken, now: Timestamp) -> Result<TakeOutcome, StoreError> {
        for _ in 0..MAX_RETRIES {
            let (outcome, writes) = self.decision(rows, now).await?;
            if !outcome.is_admitted() {
                self.cut(rows, now, &writes).await?;
                return Ok(outcome);
            }
            if self.take_all(rows, taken, now).await? {
                return Ok(admitted(rows, taken));
            }
        }
        Err(StoreError::unavailable(Unsettled))
    }

    /// Takes from all rows or on none, and tells which.
    async fn take_all(&self, rows: &[RowTake], taken: &mut Taken, now: Timestamp) -> Result<bool, StoreError> {
        let layers = Columns::of(rows, now);
        if layers.len() > 1 {
            return self.take_layers(rows, layers, now).await;
        }
        *taken = self.take(rows, &[rows], now).await?;
        let is_taken = taken.len() == rows.len();
        if !is_taken {
            self.give_back_taken(rows, taken, now).await?;
        }
        Ok(is_taken)
    }

    /// Takes where a row is taken from twice by unlike rates, or nothing is taken.
    async fn take_layers(&self, rows: &[RowTake], layers: Vec<Columns>, now: Timestamp) -> Result<bool, StoreError> {
        self.write(async |connection| {
            for columns in &layers {
                let taken: Vec<TakenRow> = buckets::take(columns, &[rows], now).load(connection).await?;
                if taken.len() < columns.len() {
                    return Err(Halt::conflict(false));
                }
            }
            Ok(true)
        })
        .await
    }

    /// Returns what a take would come to now.
    async fn decision(
        &self,
        rows: &[RowTake],
        now: Timestamp,
    ) -> Result<(TakeOutcome, Vec<(BucketRow, BucketState)>), StoreError> {
        self.read(async |connection| {
            let states = states(connection, rows, now).await?;
            Ok(decide(rows, now, |row| states.iter().find(|(kept, _)| *kept == row).map(|(_, state)| *state)))
        })
        .await
    }

    /// A refusal keeps nothing but that states which lay beyond an empty bucket's are cut to it.
    async fn cut(
        &self,
        rows: &[RowTake],
        now: Timestamp,
        writes: &[(BucketRow, BucketState)],
    ) -> Result<(), StoreError> {
        let is_beyond = |take: &&RowTake| writes.iter().any(|(row, _)| *row == take.row);
        let beyond: Vec<_> = rows.iter().filter(is_beyond).copied().collect();
        if beyond.is_empty() {
            return Ok(());
        }
        self.repeatable(async |connection| {
            for columns in Columns::of(&beyond, now) {
                buckets::cut(&columns).execute(connection).await?;
            }
            Ok(())
        })
        .await
    }
}

/// The rows of takes that cost something: others admit whatever is left.
fn costly(takes: &[Take]) -> Vec<RowTake> {
    let mut rows = rows_of(takes);
    rows.retain(|take| take.cost > 0);
    rows
}

async fn states(
    connection: &mut PgConnection,
    rows: &[RowTake],
    now: Timestamp,
) -> QueryResult<Vec<(BucketRow, BucketState)>> {
    let mut wanted: Vec<RowTake> = rows.to_vec();
    wanted.dedup_by_key(|take| take.row);
    let mut states = Vec::with_capacity(wanted.len());
    for columns in Columns::of(&wanted, now) {
        let kept: Vec<KeptRow> = buckets::look(&columns).load(connection).await?;
        states.extend(kept.into_iter().filter_map(|kept| {
            let index = usize::try_from(kept.place).ok()?.checked_sub(1)?;
            Some((wanted.get(index)?.row, kept.state.decode()))
        }));
    }
    Ok(states)
}
