use doorward_kernel::Timestamp;

use crate::{BucketKey, Decision, Limit, Rate};

/// A take from one bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Take {
    /// The key of the bucket.
    pub key: BucketKey,
    /// How much it holds.
    pub limit: Limit,
    /// How many units to take.
    pub cost: u32,
}

/// The state of one rate of a bucket: one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketRow {
    /// The key of the bucket.
    pub key: BucketKey,
    /// The window of the rate, in seconds.
    pub window_seconds: u32,
}

/// A take from one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowTake {
    /// The row.
    pub row: BucketRow,
    /// Its rate.
    pub rate: Rate,
    /// How many units.
    pub cost: u32,
}

/// Whether all takes were admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakeOutcome {
    /// They were, and all are taken.
    Admitted,
    /// Some were not, and nothing is taken.
    Refused(Vec<Refusal>),
}

/// The outcome of leasing units of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leased {
    /// The units are the node's.
    Granted {
        /// The units that are left to all, by the rates of the limit in their order.
        left: Vec<u32>,
    },
    /// There are not so many, and nothing is taken.
    Refused {
        /// The soonest instant at which there may be; `None` is never.
        retry_at: Option<Timestamp>,
    },
}

/// A rate of a bucket that refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Whose it is.
    pub key: BucketKey,
    /// The soonest instant at which it admits, if nothing else is taken; `None` is never.
    pub retry_at: Option<Timestamp>,
}

/// A decision over several takes and what a store has to keep for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeDecision {
    /// Whether all were admitted.
    pub outcome: TakeOutcome,
    /// The rows to write. A refusal writes none but those whose state lay beyond an empty bucket's.
    pub writes: Vec<(BucketRow, Timestamp)>,
}

impl Take {
    /// One unit of a bucket.
    pub const fn one(key: BucketKey, limit: Limit) -> Self {
        Self { key, limit, cost: 1 }
    }
}

impl BucketRow {
    fn of(take: &Take, rate: &Rate) -> Self {
        Self { key: take.key, window_seconds: rate.window_seconds() }
    }
}

impl Leased {
    /// The outcome of a take for a lease, by the states of its rows after it.
    pub fn of(
        take: &Take,
        outcome: &TakeOutcome,
        now: Timestamp,
        state_of: impl Fn(BucketRow) -> Option<Timestamp>,
    ) -> Self {
        match outcome {
            TakeOutcome::Admitted => {
                let left = |rate: &Rate| rate.peek(state_of(BucketRow::of(take, rate)), now);
                Self::Granted { left: take.limit.rates().iter().map(left).collect() }
            }
            TakeOutcome::Refused(_) => Self::Refused { retry_at: outcome.retry_at() },
        }
    }
}

impl TakeOutcome {
    /// The soonest instant at which the same takes may be admitted together.
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
    pub fn among(&self, keys: &[BucketKey]) -> Self {
        match self {
            Self::Admitted => Self::Admitted,
            Self::Refused(refusals) => {
                Self::Refused(refusals.iter().filter(|refusal| keys.contains(&refusal.key)).copied().collect())
            }
        }
    }

    /// The keys that refused, in order, each once.
    pub fn refused(&self) -> Vec<BucketKey> {
        let refusals = match self {
            Self::Admitted => &[][..],
            Self::Refused(refusals) => refusals,
        };
        let mut keys: Vec<_> = refusals.iter().map(|refusal| refusal.key).collect();
        keys.dedup();
        keys
    }
}

/// The rows of takes, sorted, so that stores that lock them in this order never deadlock.
///
/// Takes from one row are added up; limits that are off have no row.
pub fn rows_of(takes: &[Take]) -> Vec<RowTake> {
    let mut rows = Vec::with_capacity(takes.len());
    for take in takes {
        let row = |rate: &Rate| RowTake { row: BucketRow::of(take, rate), rate: *rate, cost: take.cost };
        rows.extend(take.limit.rates().iter().map(row));
    }
    rows.sort_by_key(|take| (take.row, take.rate));
    rows.dedup_by(|next, kept| {
        let is_same = (next.row, next.rate) == (kept.row, kept.rate);
        if is_same {
            kept.cost = kept.cost.saturating_add(next.cost);
        }
        is_same
    });
    rows
}

/// Decides over all rows at once: every one admits, or nothing is taken.
///
/// `state_of` gives the kept state of a row; `None` is a full bucket.
pub fn decide(
    rows: &[RowTake],
    now: Timestamp,
    mut state_of: impl FnMut(BucketRow) -> Option<Timestamp>,
) -> TakeDecision {
    let mut writes: Vec<(BucketRow, Timestamp)> = Vec::new();
    let mut settled = Vec::new();
    let mut refusals = Vec::new();
    for take in rows {
        let written = writes.iter().rev().find(|(row, _)| *row == take.row).map(|(_, state)| *state);
        let state = written.or_else(|| state_of(take.row));
        match take.rate.admit(state, now, take.cost) {
            Decision::Admitted { state: next } if take.cost > 0 => writes.push((take.row, next)),
            Decision::Admitted { .. } => {}
            Decision::Refused { retry_at } => refusals.push(Refusal { key: take.row.key, retry_at: Some(retry_at) }),
            Decision::Never => refusals.push(Refusal { key: take.row.key, retry_at: None }),
        }
        if let (Some(counts), None) = (take.rate.settled(state, now).filter(|counts| Some(*counts) != state), written) {
            settled.push((take.row, counts));
        }
    }
    if refusals.is_empty() {
        TakeDecision { outcome: TakeOutcome::Admitted, writes }
    } else {
        TakeDecision { outcome: TakeOutcome::Refused(refusals), writes: settled }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BucketKind;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn key(subject: u8) -> BucketKey {
        BucketKey { kind: BucketKind::SMS, subject: [subject; 32] }
    }

    fn take(subject: u8, limit: &str, cost: u32) -> Take {
        Take { key: key(subject), limit: Limit::parse(limit).unwrap(), cost }
    }

    #[test]
    fn all_rates_of_all_buckets_are_taken_or_none() {
        let rows = rows_of(&[take(2, "1/1m", 1), take(1, "1/1h", 1)]);

        let refused = decide(&rows, at(0), |row| (row.key == key(2)).then_some(at(60)));
        let admitted = decide(&rows, at(60), |row| (row.key == key(2)).then_some(at(60)));

        let row = BucketRow { key: key(2), window_seconds: 60 };
        let refusal = Refusal { key: key(2), retry_at: Some(at(60)) };
        assert_eq!(refused, TakeDecision { outcome: TakeOutcome::Refused(vec![refusal]), writes: vec![] });
        assert_eq!(admitted.outcome, TakeOutcome::Admitted);
        assert_eq!(admitted.writes, [(BucketRow { key: key(1), window_seconds: 3600 }, at(3660)), (row, at(120))]);
    }

    #[test]
    fn the_retry_is_when_the_last_of_the_refusing_rows_admits() {
        let rows = rows_of(&[take(1, "1/1m", 1), take(2, "1/1h", 1)]);
        let never = rows_of(&[take(1, "1/1m", 1), take(2, "1/1h", 2)]);

        let used_up = |row: BucketRow| Some(at(i64::from(row.window_seconds)));

        assert_eq!(decide(&rows, at(0), used_up).outcome.retry_at(), Some(at(3600)));
        assert_eq!(decide(&never, at(0), used_up).outcome.retry_at(), None);
        assert_eq!(decide(&rows, at(0), used_up).outcome.refused(), [key(1), key(2)]);
    }

    #[test]
    fn a_bucket_named_twice_is_taken_twice() {
        let twice = [take(1, "2/1m", 1), take(1, "2/1m", 1)];
        let thrice = [take(1, "2/1m", 2), take(1, "2/1m", 1)];
        let unlike = [take(1, "2/1m", 2), take(1, "3/1m", 2)];

        assert_eq!(decide(&rows_of(&twice), at(0), |_| None).writes, [(rows_of(&twice)[0].row, at(60))]);
        assert_eq!(decide(&rows_of(&thrice), at(0), |_| None).outcome.retry_at(), None);
        assert_ne!(decide(&rows_of(&unlike), at(0), |_| None).outcome, TakeOutcome::Admitted);
    }

    #[test]
    fn what_is_off_or_costs_nothing_is_admitted_and_writes_nothing() {
        for takes in [vec![], vec![take(1, "off", 9)], vec![take(1, "1/1m", 0)]] {
            let decision = decide(&rows_of(&takes), at(0), |_| Some(at(60)));

            assert_eq!(decision, TakeDecision { outcome: TakeOutcome::Admitted, writes: vec![] });
        }
    }

    #[test]
    fn a_refusal_stores_a_state_beyond_an_empty_bucket_as_empty() {
        let rows = rows_of(&[take(1, "1/1m", 1)]);

        let decision = decide(&rows, at(0), |_| Some(at(1_000_000)));

        assert_eq!(decision.writes, [(rows[0].row, at(60))]);
        assert_eq!(decision.outcome.retry_at(), Some(at(60)));
    }
}
