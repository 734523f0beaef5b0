use std::collections::BTreeMap;

use doorward_limit::{BudgetRow, Rate, RowDraw};

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
    pub(crate) fn of(calls: &[Vec<RowDraw>]) -> Self {
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

    fn fits(&self, rows: &[RowDraw]) -> bool {
        let is_named_once = rows.iter().zip(rows.iter().skip(1)).all(|(one, next)| one.row != next.row);
        is_named_once
            && rows.iter().all(|draw| {
                let (rate, cost) = self.rows.get(&draw.row).copied().unwrap_or((draw.rate, 0));
                rate == draw.rate && cost.saturating_add(draw.cost) <= rate.burst()
            })
    }
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

        let together = Together::of(&calls);

        assert_eq!((0..3).map(|place| together.has(place)).collect::<Vec<_>>(), [true, true, false]);
        assert_eq!(together.rows().iter().map(|row| row.cost).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn a_row_of_unlike_rates_is_left_alone() {
        let calls = [call(&[(1, "2/1m"), (1, "3/1m")]), call(&[(2, "2/1m")]), call(&[(2, "3/1m")])];

        let together = Together::of(&calls);

        assert_eq!((0..3).map(|place| together.has(place)).collect::<Vec<_>>(), [false, true, false]);
    }
}
