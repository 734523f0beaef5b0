use std::slice;

use async_trait::async_trait;
use diesel::{QueryResult, prelude::QueryableByName, sql_types::BigInt};
use diesel_async::RunQueryDsl;
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{
    BudgetKey, BudgetRow, Budgets, Draw, DrawDecision, DrawOutcome, Leased, RowDraw, decide, rows_of,
};

use crate::{
    PgStore,
    batch::Refusal,
    connection::PgConnection,
    hot::{Take, Taking},
    steps::{
        budgets::{self, Columns},
        takes::{Taken, TakenRow, Together},
    },
    store::Abort,
};

/// How often a draw that was refused looks for who refused it, when others give back meanwhile.
const LOOKS: usize = 3;

/// A row, by its place among those that were asked for, as it is kept.
#[derive(QueryableByName)]
struct KeptRow {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = BigInt)]
    state: i64,
}

/// Budgets that gave something back whenever one looked why they had refused.
#[derive(Debug, thiserror::Error)]
#[error("the budgets changed again and again")]
struct Unsettled;

#[async_trait]
impl Budgets for PgStore {
    async fn draw(&self, draws: Vec<Draw>, now: Timestamp) -> Result<DrawOutcome, StoreError> {
        let rows = costly(&draws);
        if rows.is_empty() {
            return Ok(DrawOutcome::Admitted);
        }
        match self.hot.take.call(Take { rows: rows.clone(), now }).await?? {
            Taking::All => Ok(DrawOutcome::Admitted),
            Taking::Nothing => self.take_alone(&rows, &mut Taken::new(), now).await,
        }
    }

    async fn lease(&self, draws: Vec<Draw>, now: Timestamp) -> Result<Vec<Leased>, StoreError> {
        let calls: Vec<_> = draws.iter().map(|draw| costly(slice::from_ref(draw))).collect();
        let together = Together::of(calls.iter().map(Vec::as_slice));
        let taken = self.take(&together.rows(), now).await?;
        let mut leased = Vec::with_capacity(draws.len());
        for (place, (draw, rows)) in draws.iter().zip(&calls).enumerate() {
            let mut taken = taken.clone();
            let outcome = if together.is_taken(place, rows, &taken) {
                DrawOutcome::Admitted
            } else {
                let own = if together.has(place) { rows.as_slice() } else { &[] };
                self.give_back_taken(own, &taken, now).await?;
                self.take_alone(rows, &mut taken, now).await?
            };
            leased.push(Leased::of(draw, &outcome, now, |row| taken.get(&row).copied()));
        }
        Ok(leased)
    }

    async fn peek(&self, draws: Vec<Draw>, now: Timestamp) -> Result<DrawOutcome, StoreError> {
        Ok(self.decision(&(rows_of(&draws), now)).await?.outcome)
    }

    async fn refund(&self, draws: Vec<Draw>, now: Timestamp) -> Result<(), StoreError> {
        self.connections.give_back(rows_of(&draws), now).await.map_err(Refusal::into_error)
    }

    async fn reset(&self, key: BudgetKey) -> Result<(), StoreError> {
        self.repeatable(&key, |connection, key| {
            Box::pin(async {
                budgets::reset(key).execute(connection).await?;
                Ok(())
            })
        })
        .await
    }

    async fn forget_full(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.once(&(before, limit), |connection, (before, limit)| {
            Box::pin(async {
                let forgotten = budgets::forget_full(*before, *limit).execute(connection).await?;
                Ok(u64::try_from(forgotten).unwrap_or(u64::MAX))
            })
        })
        .await
    }
}

impl PgStore {
    async fn take(&self, rows: &[RowDraw], now: Timestamp) -> Result<Taken, StoreError> {
        self.connections.take(rows, now).await.map_err(Refusal::into_error)
    }

    async fn give_back_taken(&self, rows: &[RowDraw], taken: &Taken, now: Timestamp) -> Result<(), StoreError> {
        self.connections.give_back_taken(rows, taken, now).await.map_err(Refusal::into_error)
    }

    /// What a call comes to that could not draw with others: it looks who refuses it.
    async fn take_alone(&self, rows: &[RowDraw], taken: &mut Taken, now: Timestamp) -> Result<DrawOutcome, StoreError> {
        let input = (rows.to_vec(), now);
        for _ in 0..LOOKS {
            let decision = self.decision(&input).await?;
            if decision.outcome != DrawOutcome::Admitted {
                self.cut(&input, &decision).await?;
                return Ok(decision.outcome);
            }
            if self.take_all(rows, taken, now).await? {
                return Ok(DrawOutcome::Admitted);
            }
        }
        Err(StoreError::unavailable(Unsettled))
    }

    /// Draws on all rows or on none, and tells which.
    async fn take_all(&self, rows: &[RowDraw], taken: &mut Taken, now: Timestamp) -> Result<bool, StoreError> {
        let layers = Columns::of(rows, now);
        if layers.len() > 1 {
            return self.draw_layers(layers, now).await;
        }
        *taken = self.take(rows, now).await?;
        let is_taken = taken.len() == rows.len();
        if !is_taken {
            self.give_back_taken(rows, taken, now).await?;
        }
        Ok(is_taken)
    }

    /// Draws where a row is drawn on twice by unlike rates, or nothing is drawn.
    async fn draw_layers(&self, layers: Vec<Columns>, now: Timestamp) -> Result<bool, StoreError> {
        self.transaction(&(layers, now), |connection, (layers, now)| {
            Box::pin(async move {
                for columns in layers {
                    let drawn: Vec<TakenRow> = budgets::take(columns, *now).load(connection).await?;
                    if drawn.len() < columns.len() {
                        return Err(Abort::Outcome(false));
                    }
                }
                Ok(true)
            })
        })
        .await
    }

    /// What a draw would come to now.
    async fn decision(&self, input: &(Vec<RowDraw>, Timestamp)) -> Result<DrawDecision, StoreError> {
        self.repeatable(input, |connection, (rows, now)| {
            Box::pin(async {
                let states = states(connection, rows, *now).await?;
                Ok(decide(rows, *now, |row| states.iter().find(|(kept, _)| *kept == row).map(|(_, state)| *state)))
            })
        })
        .await
    }

    /// A refusal keeps nothing but that states which lay beyond an empty budget's are cut to it.
    async fn cut(&self, input: &(Vec<RowDraw>, Timestamp), decision: &DrawDecision) -> Result<(), StoreError> {
        let is_beyond = |draw: &&RowDraw| decision.writes.iter().any(|(row, _)| *row == draw.row);
        let beyond: Vec<_> = input.0.iter().filter(is_beyond).copied().collect();
        if beyond.is_empty() {
            return Ok(());
        }
        self.repeatable(&(beyond, input.1), |connection, (rows, now)| {
            Box::pin(async {
                for columns in Columns::of(rows, *now) {
                    budgets::cut(&columns).execute(connection).await?;
                }
                Ok(())
            })
        })
        .await
    }
}

/// The rows of draws that cost something: others admit whatever is left.
fn costly(draws: &[Draw]) -> Vec<RowDraw> {
    let mut rows = rows_of(draws);
    rows.retain(|draw| draw.cost > 0);
    rows
}

async fn states(
    connection: &mut PgConnection,
    rows: &[RowDraw],
    now: Timestamp,
) -> QueryResult<Vec<(BudgetRow, Timestamp)>> {
    let mut wanted: Vec<RowDraw> = rows.to_vec();
    wanted.dedup_by_key(|draw| draw.row);
    let mut states = Vec::with_capacity(wanted.len());
    for columns in Columns::of(&wanted, now) {
        let kept: Vec<KeptRow> = budgets::look(&columns).load(connection).await?;
        states.extend(kept.into_iter().filter_map(|kept| {
            let index = usize::try_from(kept.place).ok()?.checked_sub(1)?;
            Some((wanted.get(index)?.row, Timestamp::from_micros(kept.state)))
        }));
    }
    Ok(states)
}
