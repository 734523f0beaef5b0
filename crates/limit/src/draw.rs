use doorward_kernel::Timestamp;

use crate::{BudgetKey, Decision, Limit, Rate};

/// What is to be drawn from one budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    /// Whose budget of what.
    pub key: BudgetKey,
    /// How much it holds.
    pub limit: Limit,
    /// How many units to draw.
    pub cost: u32,
}

/// Where the state of one rate of a budget is kept: one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BudgetRow {
    /// Whose budget of what.
    pub key: BudgetKey,
    /// The window of the rate, in seconds.
    pub window_seconds: u32,
}

/// What is to be drawn from one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowDraw {
    /// The row.
    pub row: BudgetRow,
    /// Its rate.
    pub rate: Rate,
    /// How many units.
    pub cost: u32,
}

/// Whether all draws were admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DrawOutcome {
    /// They were, and all are drawn.
    Admitted,
    /// Some were not, and nothing is drawn.
    Refused(Vec<Refusal>),
}

/// What became of a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leased {
    /// The units are the node's.
    Granted {
        /// The units that are left to all, by the rates of the limit in their order.
        left: Vec<u32>,
    },
    /// There are not so many, and nothing is drawn.
    Refused {
        /// The soonest instant at which there may be; `None` is never.
        retry_at: Option<Timestamp>,
    },
}

/// A row that refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The row.
    pub row: BudgetRow,
    /// The soonest instant at which this row admits, if nothing else is drawn; `None` is never.
    pub retry_at: Option<Timestamp>,
}

/// A decision over several draws and what a store has to keep for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawDecision {
    /// Whether all were admitted.
    pub outcome: DrawOutcome,
    /// The rows to write. A refusal writes none but those whose state lay beyond an empty budget's.
    pub writes: Vec<(BudgetRow, Timestamp)>,
}

impl Draw {
    /// One unit of a budget.
    pub const fn one(key: BudgetKey, limit: Limit) -> Self {
        Self { key, limit, cost: 1 }
    }

    /// What is refused, rate by rate, once four fifths of the budget are used up.
    pub fn last_fifth(&self) -> Vec<Self> {
        let part = |rate: &Rate| Self { key: self.key, limit: (*rate).into(), cost: rate.burst() / 5 + 1 };
        self.limit.rates().iter().map(part).collect()
    }
}

impl Leased {
    /// The outcome of a draw for a lease, by the states of its rows after it.
    pub fn of(
        draw: &Draw,
        outcome: &DrawOutcome,
        now: Timestamp,
        state_of: impl Fn(BudgetRow) -> Option<Timestamp>,
    ) -> Self {
        let row = |rate: &Rate| BudgetRow { key: draw.key, window_seconds: rate.window_seconds() };
        match outcome {
            DrawOutcome::Admitted => {
                let left = draw.limit.rates().iter().map(|rate| rate.peek(state_of(row(rate)), now));
                Self::Granted { left: left.collect() }
            }
            DrawOutcome::Refused(_) => Self::Refused { retry_at: outcome.retry_at() },
        }
    }
}

impl DrawOutcome {
    /// The soonest instant at which the same draws may be admitted together.
    ///
    /// `None` when they were admitted, or never will be.
    pub fn retry_at(&self) -> Option<Timestamp> {
        match self {
            Self::Admitted => None,
            Self::Refused(refusals) => {
                let instants: Option<Vec<_>> = refusals.iter().map(|refusal| refusal.retry_at).collect();
                instants?.into_iter().max()
            }
        }
    }

    /// The refusals of those keys alone.
    #[must_use]
    pub fn among(&self, keys: &[BudgetKey]) -> Self {
        match self {
            Self::Admitted => Self::Admitted,
            Self::Refused(refusals) => {
                Self::Refused(refusals.iter().filter(|refusal| keys.contains(&refusal.row.key)).copied().collect())
            }
        }
    }

    /// The keys that refused, in order, each once.
    pub fn refused(&self) -> Vec<BudgetKey> {
        let refusals = match self {
            Self::Admitted => &[][..],
            Self::Refused(refusals) => refusals,
        };
        let mut keys: Vec<_> = refusals.iter().map(|refusal| refusal.row.key).collect();
        keys.dedup();
        keys
    }
}

/// The rows of draws, sorted, so that stores that lock them in this order never deadlock.
///
/// Draws from one row are added up; limits that are off have no row.
pub fn rows_of(draws: &[Draw]) -> Vec<RowDraw> {
    let mut rows: Vec<RowDraw> = Vec::new();
    for draw in draws {
        for rate in draw.limit.rates() {
            let row = BudgetRow { key: draw.key, window_seconds: rate.window_seconds() };
            match rows.iter_mut().find(|other| other.row == row && other.rate == *rate) {
                Some(other) => other.cost = other.cost.saturating_add(draw.cost),
                None => rows.push(RowDraw { row, rate: *rate, cost: draw.cost }),
            }
        }
    }
    rows.sort_by_key(|draw| draw.row);
    rows
}

/// Decides over all rows at once: every one admits, or nothing is drawn.
///
/// `state_of` gives the kept state of a row; `None` is a full budget.
pub fn decide(
    rows: &[RowDraw],
    now: Timestamp,
    mut state_of: impl FnMut(BudgetRow) -> Option<Timestamp>,
) -> DrawDecision {
    let mut writes: Vec<(BudgetRow, Timestamp)> = Vec::new();
    let mut settled = Vec::new();
    let mut refusals = Vec::new();
    for draw in rows {
        let written = writes.iter().rev().find(|(row, _)| *row == draw.row).map(|(_, state)| *state);
        let state = written.or_else(|| state_of(draw.row));
        match draw.rate.admit(state, now, draw.cost) {
            Decision::Admitted { state: next } if draw.cost > 0 => writes.push((draw.row, next)),
            Decision::Admitted { .. } => {}
            Decision::Refused { retry_at } => refusals.push(Refusal { row: draw.row, retry_at: Some(retry_at) }),
            Decision::Never => refusals.push(Refusal { row: draw.row, retry_at: None }),
        }
        if let (Some(counts), None) = (draw.rate.settled(state, now).filter(|counts| Some(*counts) != state), written) {
            settled.push((draw.row, counts));
        }
    }
    if refusals.is_empty() {
        DrawDecision { outcome: DrawOutcome::Admitted, writes }
    } else {
        DrawDecision { outcome: DrawOutcome::Refused(refusals), writes: settled }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BudgetKind;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn key(subject: u8) -> BudgetKey {
        BudgetKey { kind: BudgetKind::SMS, subject: [subject; 32] }
    }

    fn draw(subject: u8, limit: &str, cost: u32) -> Draw {
        Draw { key: key(subject), limit: Limit::parse(limit).unwrap(), cost }
    }

    #[test]
    fn all_rates_of_all_budgets_are_drawn_or_none() {
        let rows = rows_of(&[draw(2, "1/1m", 1), draw(1, "1/1h", 1)]);

        let refused = decide(&rows, at(0), |row| (row.key == key(2)).then_some(at(60)));
        let admitted = decide(&rows, at(60), |row| (row.key == key(2)).then_some(at(60)));

        let row = BudgetRow { key: key(2), window_seconds: 60 };
        let refusal = Refusal { row, retry_at: Some(at(60)) };
        assert_eq!(refused, DrawDecision { outcome: DrawOutcome::Refused(vec![refusal]), writes: vec![] });
        assert_eq!(admitted.outcome, DrawOutcome::Admitted);
        assert_eq!(admitted.writes, [(BudgetRow { key: key(1), window_seconds: 3600 }, at(3660)), (row, at(120))]);
    }

    #[test]
    fn the_last_fifth_is_refused_from_eighty_percent_on() {
        for (limit, eightieth) in [("10/1d", 8), ("1000/1d", 800), ("7/1d", 6), ("1/1d", 1)] {
            let drawn_before = |count: u32| {
                let drawn = decide(&rows_of(&[draw(1, limit, count)]), at(0), |_| None).writes;
                let rows = rows_of(&draw(1, limit, 1).last_fifth());
                decide(&rows, at(0), |_| drawn.first().map(|(_, state)| *state)).outcome
            };

            assert_eq!(drawn_before(eightieth - 1), DrawOutcome::Admitted, "{limit}");
            assert_ne!(drawn_before(eightieth), DrawOutcome::Admitted, "{limit}");
        }
    }

    #[test]
    fn the_retry_is_when_the_last_of_the_refusing_rows_admits() {
        let rows = rows_of(&[draw(1, "1/1m", 1), draw(2, "1/1h", 1)]);
        let never = rows_of(&[draw(1, "1/1m", 1), draw(2, "1/1h", 2)]);

        let used_up = |row: BudgetRow| Some(at(i64::from(row.window_seconds)));

        assert_eq!(decide(&rows, at(0), used_up).outcome.retry_at(), Some(at(3600)));
        assert_eq!(decide(&never, at(0), used_up).outcome.retry_at(), None);
        assert_eq!(decide(&rows, at(0), used_up).outcome.refused(), [key(1), key(2)]);
    }

    #[test]
    fn a_budget_named_twice_is_drawn_twice() {
        let twice = [draw(1, "2/1m", 1), draw(1, "2/1m", 1)];
        let thrice = [draw(1, "2/1m", 2), draw(1, "2/1m", 1)];
        let unlike = [draw(1, "2/1m", 2), draw(1, "3/1m", 2)];

        assert_eq!(decide(&rows_of(&twice), at(0), |_| None).writes, [(rows_of(&twice)[0].row, at(60))]);
        assert_eq!(decide(&rows_of(&thrice), at(0), |_| None).outcome.retry_at(), None);
        assert_ne!(decide(&rows_of(&unlike), at(0), |_| None).outcome, DrawOutcome::Admitted);
    }

    #[test]
    fn what_is_off_or_costs_nothing_is_admitted_and_writes_nothing() {
        for draws in [vec![], vec![draw(1, "off", 9)], vec![draw(1, "1/1m", 0)]] {
            let decision = decide(&rows_of(&draws), at(0), |_| Some(at(60)));

            assert_eq!(decision, DrawDecision { outcome: DrawOutcome::Admitted, writes: vec![] });
        }
    }

    #[test]
    fn a_refusal_stores_a_state_beyond_an_empty_budget_as_empty() {
        let rows = rows_of(&[draw(1, "1/1m", 1)]);

        let decision = decide(&rows, at(0), |_| Some(at(1_000_000)));

        assert_eq!(decision.writes, [(rows[0].row, at(60))]);
        assert_eq!(decision.outcome.retry_at(), Some(at(60)));
    }
}
