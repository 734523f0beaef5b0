use async_trait::async_trait;
use diesel::{
    QueryResult,
    prelude::QueryableByName,
    sql_types::{BigInt, Binary, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BudgetKey, BudgetRow, Budgets, Draw, DrawDecision, DrawOutcome, RowDraw, decide, rows_of};

use crate::{
    PgStore,
    sql::Statement,
    steps::budgets::{self, Columns},
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

/// A row that was drawn on.
#[derive(QueryableByName)]
struct DrawnRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Binary)]
    subject: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    window_seconds: i64,
}

impl DrawnRow {
    fn is_of(&self, draw: &RowDraw) -> bool {
        let BudgetRow { key, window_seconds } = draw.row;
        (self.kind.as_str(), self.subject.as_slice(), self.window_seconds)
            == (key.kind.as_str(), key.subject.as_slice(), i64::from(window_seconds))
    }
}

/// Budgets that gave something back whenever one looked why they had refused.
#[derive(Debug, thiserror::Error)]
#[error("the budgets changed again and again")]
struct Unsettled;

#[async_trait]
impl Budgets for PgStore {
    async fn draw(&self, draws: Vec<Draw>, now: Timestamp) -> Result<DrawOutcome, StoreError> {
        let rows = rows_of(&draws);
        let is_possible = rows.iter().all(|draw| draw.cost <= draw.rate.burst());
        let input = (rows, now);
        for _ in 0..LOOKS {
            let is_drawn = is_possible && self.draw_all(&input).await?;
            if is_drawn {
                return Ok(DrawOutcome::Admitted);
            }
            let decision = self.decision(&input).await?;
            if decision.outcome != DrawOutcome::Admitted {
                self.cut(&input, &decision).await?;
                return Ok(decision.outcome);
            }
        }
        Err(StoreError::unavailable(Unsettled))
    }

    async fn peek(&self, draws: Vec<Draw>, now: Timestamp) -> Result<DrawOutcome, StoreError> {
        Ok(self.decision(&(rows_of(&draws), now)).await?.outcome)
    }

    async fn refund(&self, draws: Vec<Draw>, now: Timestamp) -> Result<(), StoreError> {
        self.give_back(&(rows_of(&draws), now)).await
    }

    async fn reset(&self, key: BudgetKey) -> Result<(), StoreError> {
        self.repeatable(&key, |connection, key| {
            Box::pin(async {
                Statement::one(budgets::reset(key)).execute(connection).await?;
                Ok(())
            })
        })
        .await
    }

    async fn forget_full(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.once(&(before, limit), |connection, (before, limit)| {
            Box::pin(async {
                let forgotten = Statement::one(budgets::forget_full(*before, *limit)).execute(connection).await?;
                Ok(u64::try_from(forgotten).unwrap_or(u64::MAX))
            })
        })
        .await
    }
}

impl PgStore {
    /// Draws on all rows or on none, and tells which.
    async fn draw_all(&self, input: &(Vec<RowDraw>, Timestamp)) -> Result<bool, StoreError> {
        let (rows, now) = input;
        let costs: Vec<_> = rows.iter().filter(|draw| draw.cost > 0).copied().collect();
        if costs.is_empty() {
            return Ok(true);
        }
        let layers = Columns::of(&costs, *now);
        let [columns] = layers.as_slice() else { return self.draw_layers(layers, *now).await };
        let drawn = self.draw_at_once(columns, *now).await?;
        if !drawn.is_empty() && drawn.len() < costs.len() {
            // Somebody made one of the rows at this very moment and used it up.
            let drawn: Vec<_> = costs.iter().filter(|draw| drawn.iter().any(|row| row.is_of(draw))).copied().collect();
            self.give_back(&(drawn, *now)).await?;
            return Ok(false);
        }
        Ok(drawn.len() == costs.len())
    }

    async fn draw_at_once(&self, columns: &Columns, now: Timestamp) -> Result<Vec<DrawnRow>, StoreError> {
        self.once(&(columns, now), |connection, (columns, now)| {
            Box::pin(async { Statement::one(budgets::draw(columns, *now)).load(connection).await })
        })
        .await
    }

    /// Draws where a row is drawn on twice by unlike rates, or nothing is drawn.
    async fn draw_layers(&self, layers: Vec<Columns>, now: Timestamp) -> Result<bool, StoreError> {
        self.transaction(&(layers, now), |connection, (layers, now)| {
            Box::pin(async move {
                for columns in layers {
                    let drawn: Vec<DrawnRow> = Statement::one(budgets::draw(columns, *now)).load(connection).await?;
                    if drawn.len() < columns.len() {
                        return Err(Abort::Outcome(false));
                    }
                }
                Ok(true)
            })
        })
        .await
    }

    async fn give_back(&self, input: &(Vec<RowDraw>, Timestamp)) -> Result<(), StoreError> {
        self.once(input, |connection, (rows, now)| {
            Box::pin(async {
                for columns in Columns::of(rows, *now) {
                    let statement = Statement::with("held", budgets::hold(&columns)).then(budgets::give_back(*now));
                    statement.execute(connection).await?;
                }
                Ok(())
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
                    Statement::with("held", budgets::hold(&columns)).then(budgets::cut()).execute(connection).await?;
                }
                Ok(())
            })
        })
        .await
    }
}

async fn states(
    connection: &mut AsyncPgConnection,
    rows: &[RowDraw],
    now: Timestamp,
) -> QueryResult<Vec<(BudgetRow, Timestamp)>> {
    let mut wanted: Vec<RowDraw> = rows.to_vec();
    wanted.dedup_by_key(|draw| draw.row);
    let mut states = Vec::with_capacity(wanted.len());
    for columns in Columns::of(&wanted, now) {
        let kept: Vec<KeptRow> = Statement::one(budgets::look(&columns)).load(connection).await?;
        states.extend(kept.into_iter().filter_map(|kept| {
            let index = usize::try_from(kept.place).ok()?.checked_sub(1)?;
            Some((wanted.get(index)?.row, Timestamp::from_micros(kept.state)))
        }));
    }
    Ok(states)
}
