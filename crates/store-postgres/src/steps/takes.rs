use std::collections::{BTreeMap, HashMap};

use diesel::{
    prelude::QueryableByName,
    sql_types::{BigInt, Binary, Text},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::Timestamp;
use doorward_limit::{BudgetRow, Rate, RowDraw};

use super::budgets::{self, Columns};
use crate::{
    batch::Refusal,
    store::{Connections, Repetition},
};

/// A row that was drawn on, and its state after that.
#[derive(QueryableByName)]
pub(crate) struct TakenRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Binary)]
    subject: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    window_seconds: i64,
    #[diesel(sql_type = BigInt)]
    state: i64,
}

/// The rows of a statement that were drawn on, and their states after that.
pub(crate) type Taken = BTreeMap<BudgetRow, Timestamp>;

/// What several calls draw in one statement, and which of them.
///
/// A row that several draw on is drawn on once, for all of them. A call that names a row by
/// another rate than those before it, or for which the burst is too small beside theirs, is left
/// to be done alone.
#[derive(Debug, Default)]
pub(crate) struct Together {
    rows: BTreeMap<BudgetRow, (Rate, u32)>,
    /// Whether each call is among them.
    members: Vec<bool>,
}

impl Together {
    /// Puts together what can be.
    pub(crate) fn of<'a>(calls: impl IntoIterator<Item = &'a [RowDraw]>) -> Self {
        let mut together = Self::default();
        for rows in calls {
            let fits = together.fits(rows);
            if fits {
                for draw in rows {
                    together.rows.entry(draw.row).or_insert((draw.rate, 0)).1 += draw.cost;
                }
            }
            together.members.push(fits);
        }
        together
    }

    /// All rows that are drawn on, in their order, with the sum of what is drawn.
    pub(crate) fn rows(&self) -> Vec<RowDraw> {
        self.rows.iter().map(|(row, (rate, cost))| RowDraw { row: *row, rate: *rate, cost: *cost }).collect()
    }

    /// Whether the call at that place is among them.
    pub(crate) fn has(&self, place: usize) -> bool {
        self.members.get(place).copied().unwrap_or_default()
    }

    /// Whether all that the call at that place asks for was drawn.
    pub(crate) fn is_taken(&self, place: usize, rows: &[RowDraw], taken: &Taken) -> bool {
        self.has(place) && rows.iter().all(|draw| taken.contains_key(&draw.row))
    }

    fn fits(&self, rows: &[RowDraw]) -> bool {
        let is_named_once = rows.iter().zip(rows.iter().skip(1)).all(|(one, next)| one.row != next.row);
        is_named_once
            && rows.iter().all(|draw| {
                let (rate, cost) = self.rows.get(&draw.row).copied().unwrap_or((draw.rate, 0));
                rate == draw.rate && cost.saturating_add(draw.cost) <= rate.burst()
            })
    }
}

impl Connections {
    /// Draws on each row that has enough; no row may be among them twice.
    pub(crate) async fn take(&self, rows: &[RowDraw], now: Timestamp) -> Result<Taken, Refusal> {
        let Some(columns) = Columns::of(rows, now).into_iter().next() else { return Ok(Taken::new()) };
        let input = (columns, now);
        let taken = self.attempt(
            &input,
            |connection, (columns, now)| {
                Box::pin(async { budgets::take(columns, *now).load::<TakenRow>(connection).await })
            },
            Repetition::Harmful,
        );
        let by_name: HashMap<_, _> = rows.iter().map(|draw| (name_of(draw), draw.row)).collect();
        let row = |taken: TakenRow| {
            let name = (taken.kind.as_str(), taken.subject.as_slice(), taken.window_seconds);
            Some((*by_name.get(&name)?, Timestamp::from_micros(taken.state)))
        };
        Ok(taken.await?.into_iter().filter_map(row).collect())
    }

    /// Gives back those of the rows that were drawn on.
    pub(crate) async fn give_back_taken(&self, rows: &[RowDraw], taken: &Taken, now: Timestamp) -> Result<(), Refusal> {
        let mut sums: BTreeMap<BudgetRow, RowDraw> = BTreeMap::new();
        for draw in rows.iter().filter(|draw| taken.contains_key(&draw.row)) {
            sums.entry(draw.row).and_modify(|sum| sum.cost = sum.cost.saturating_add(draw.cost)).or_insert(*draw);
        }
        if sums.is_empty() { Ok(()) } else { self.give_back(sums.into_values().collect(), now).await }
    }

    /// Gives back what was drawn on the rows.
    pub(crate) async fn give_back(&self, rows: Vec<RowDraw>, now: Timestamp) -> Result<(), Refusal> {
        self.attempt(
            &(rows, now),
            |connection, (rows, now)| {
                Box::pin(async {
                    for columns in Columns::of(rows, *now) {
                        budgets::give_back(&columns, *now).execute(connection).await?;
                    }
                    Ok(())
                })
            },
            Repetition::Harmful,
        )
        .await
    }
}

fn name_of(draw: &RowDraw) -> (&'static str, &[u8], i64) {
    let BudgetRow { key, window_seconds } = &draw.row;
    (key.kind.as_str(), &key.subject, i64::from(*window_seconds))
}

#[cfg(test)]
mod tests {
    use doorward_limit::{BudgetKey, BudgetKind, Draw, Limit, rows_of};

    use super::*;

    fn call(draws: &[(u8, &str)]) -> Vec<RowDraw> {
        let draw = |(subject, limit): &(u8, &str)| {
            Draw::one(BudgetKey { kind: BudgetKind::SMS, subject: [*subject; 32] }, Limit::parse(limit).unwrap())
        };
        rows_of(&draws.iter().map(draw).collect::<Vec<_>>())
    }

    #[test]
    fn calls_that_share_a_row_draw_on_it_once_while_its_burst_is_enough() {
        let calls = [call(&[(1, "2/1m"), (2, "9/1m")]), call(&[(1, "2/1m")]), call(&[(1, "2/1m"), (3, "9/1m")])];

        let together = Together::of(calls.iter().map(Vec::as_slice));

        assert_eq!((0..3).map(|place| together.has(place)).collect::<Vec<_>>(), [true, true, false]);
        assert_eq!(together.rows().iter().map(|row| row.cost).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn a_row_of_unlike_rates_is_left_alone() {
        let calls = [call(&[(1, "2/1m"), (1, "3/1m")]), call(&[(2, "2/1m")]), call(&[(2, "3/1m")])];

        let together = Together::of(calls.iter().map(Vec::as_slice));

        assert_eq!((0..3).map(|place| together.has(place)).collect::<Vec<_>>(), [false, true, false]);
    }
}
