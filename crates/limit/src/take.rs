use std::time::Duration;

use doorward_kernel::Timestamp;

use crate::{BucketKey, Decision, Limit, Lockout, LockoutPolicy, Rate};

/// A take from one bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Take {
    /// The key of the bucket.
    pub key: BucketKey,
    /// How much it holds.
    pub limit: Limit,
    /// How many units to take; a lockout counts one failure, whatever it is.
    pub cost: u32,
}

/// The key of what is kept for one rule of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketRow {
    /// The key of the bucket.
    pub key: BucketKey,
    /// The window of the rate, or how long a lockout is kept, in seconds.
    pub window_seconds: u32,
}

/// What is kept for one rule of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketState {
    /// When it says the same as nothing: the bucket is full again, the failures are forgotten.
    pub until: Timestamp,
    /// The failures in a row, where it is a lockout's.
    pub lockout: Lockout,
}

/// What a row of a bucket goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// So many units in a time.
    Rate(Rate),
    /// So many failures in a row.
    Lockout(LockoutPolicy),
}

/// A take from one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowTake {
    /// The row.
    pub row: BucketRow,
    /// Its rule.
    pub rule: Rule,
    /// How many units.
    pub cost: u32,
}

/// Whether all takes were admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakeOutcome {
    /// They were, and all are taken; the lockouts among them with the failure counted.
    Admitted(Vec<(BucketKey, Lockout)>),
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

/// A rule of a bucket that refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Whose it is.
    pub key: BucketKey,
    /// The soonest instant at which it admits, if nothing else is taken; `None` is never.
    pub retry_at: Option<Timestamp>,
}

impl Take {
    /// One unit of a bucket.
    pub const fn one(key: BucketKey, limit: Limit) -> Self {
        Self { key, limit, cost: 1 }
    }

    /// What a success gives back of it: all failures in a row, or the units it took.
    #[must_use]
    pub fn cleared(&self) -> Self {
        let cost = if self.limit.lockout().is_some() { u32::MAX } else { self.cost };
        Self { cost, ..self.clone() }
    }
}

impl Rule {
    /// Whether it counts failures in a row.
    pub const fn is_lockout(self) -> bool {
        matches!(self, Self::Lockout(_))
    }

    fn row(self, key: BucketKey) -> BucketRow {
        let window_seconds = match self {
            Self::Rate(rate) => rate.window_seconds(),
            Self::Lockout(_) => LockoutPolicy::KEPT_SECONDS,
        };
        BucketRow { key, window_seconds }
    }

    /// The state after a take; when it may be had where it is refused.
    fn admit(self, kept: Option<BucketState>, now: Timestamp, cost: u32) -> Result<BucketState, Option<Timestamp>> {
        match self {
            Self::Rate(rate) => match rate.admit(kept.map(|kept| kept.until), now, cost) {
                Decision::Admitted { state } => Ok(BucketState::full_at(state)),
                Decision::Refused { retry_at } => Err(Some(retry_at)),
                Decision::Never => Err(None),
            },
            Self::Lockout(policy) => {
                let lockout = kept.map(|kept| kept.lockout).unwrap_or_default();
                if lockout.is_open(now) {
                    let until = now + Duration::from_secs(LockoutPolicy::KEPT_SECONDS.into());
                    Ok(BucketState { until, lockout: lockout.on_failure(&policy, now) })
                } else {
                    Err(lockout.blocked_until.filter(|_| !lockout.is_disabled()))
                }
            }
        }
    }

    /// What counts of a state that says more than an empty bucket's: the clock stepped back, or the limit became smaller.
    fn cut(self, kept: Option<BucketState>, now: Timestamp) -> Option<BucketState> {
        let Self::Rate(rate) = self else { return None };
        let until = kept.map(|kept| kept.until);
        let counts = rate.settled(until, now).filter(|counts| Some(*counts) != until)?;
        Some(BucketState::full_at(counts))
    }
}

impl BucketState {
    const fn full_at(until: Timestamp) -> Self {
        Self { until, lockout: Lockout { consecutive: 0, blocked_until: None } }
    }
}

impl RowTake {
    /// The state after it was given back; `None` where it then says the same as nothing.
    pub fn refund(&self, kept: BucketState, now: Timestamp) -> Option<BucketState> {
        match self.rule {
            Rule::Rate(rate) => rate.refund(Some(kept.until), now, self.cost).map(BucketState::full_at),
            Rule::Lockout(_) => {
                let lockout = kept.lockout.without(self.cost);
                (lockout.consecutive > 0).then_some(BucketState { lockout, ..kept })
            }
        }
    }
}

impl Leased {
    /// The outcome of a take for a lease, by the states of its rows after it.
    pub fn of(
        take: &Take,
        outcome: &TakeOutcome,
        now: Timestamp,
        state_of: impl Fn(BucketRow) -> Option<BucketState>,
    ) -> Self {
        match outcome {
            TakeOutcome::Admitted(_) => {
                let state_of = |rate: &Rate| state_of(Rule::Rate(*rate).row(take.key)).map(|state| state.until);
                let left = |rate: &Rate| rate.peek(state_of(rate), now);
                Self::Granted { left: take.limit.rates().iter().map(left).collect() }
            }
            TakeOutcome::Refused(_) => Self::Refused { retry_at: outcome.retry_at() },
        }
    }
}

impl TakeOutcome {
    /// Everything was admitted, and no lockout was among it.
    pub const ADMITTED: Self = Self::Admitted(Vec::new());

    /// Whether all is taken.
    pub const fn is_admitted(&self) -> bool {
        matches!(self, Self::Admitted(_))
    }

    /// The soonest instant at which the same takes may be admitted together.
    ///
    /// `None` when they were admitted, or never will be.
    pub fn retry_at(&self) -> Option<Timestamp> {
        let instants: Option<Vec<_>> = self.refusals().iter().map(|refusal| refusal.retry_at).collect();
        instants?.into_iter().max()
    }

    /// The rules that refused.
    pub fn refusals(&self) -> &[Refusal] {
        match self {
            Self::Admitted(_) => &[],
            Self::Refused(refusals) => refusals,
        }
    }

    /// The keys that refused, in order, each once.
    pub fn refused(&self) -> Vec<BucketKey> {
        let mut keys: Vec<_> = self.refusals().iter().map(|refusal| refusal.key).collect();
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
        rows.extend(take.limit.rules().map(|rule| RowTake { row: rule.row(take.key), rule, cost: take.cost }));
    }
    rows.sort_by_key(|take| (take.row, take.rule));
    rows.dedup_by(|next, kept| {
        let is_same = (next.row, next.rule) == (kept.row, kept.rule);
        if is_same {
            kept.cost = kept.cost.saturating_add(next.cost);
        }
        is_same
    });
    rows
}

/// Decides over all rows at once: every one admits, or nothing is taken. Returns also the rows to write: a refusal
/// writes none but those whose state lay beyond an empty bucket's.
///
/// `state_of` gives the kept state of a row; `None` is a full bucket, or no failure.
pub fn decide(
    rows: &[RowTake],
    now: Timestamp,
    mut state_of: impl FnMut(BucketRow) -> Option<BucketState>,
) -> (TakeOutcome, Vec<(BucketRow, BucketState)>) {
    let mut writes: Vec<(BucketRow, BucketState)> = Vec::new();
    let mut cut = Vec::new();
    let mut refusals = Vec::new();
    for take in rows {
        let written = writes.iter().rev().find(|(row, _)| *row == take.row).map(|(_, state)| *state);
        let state = written.or_else(|| state_of(take.row));
        match take.rule.admit(state, now, take.cost) {
            Ok(next) if take.cost > 0 => writes.push((take.row, next)),
            Ok(_) => {}
            Err(retry_at) => refusals.push(Refusal { key: take.row.key, retry_at }),
        }
        if let (Some(counts), None) = (take.rule.cut(state, now), written) {
            cut.push((take.row, counts));
        }
    }
    if !refusals.is_empty() {
        return (TakeOutcome::Refused(refusals), cut);
    }
    let counted = writes.iter().filter(|(_, state)| state.lockout.consecutive > 0);
    (TakeOutcome::Admitted(counted.map(|(row, state)| (row.key, state.lockout)).collect()), writes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BucketKind;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn full(seconds: i64) -> BucketState {
        BucketState::full_at(at(seconds))
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

        let refused = decide(&rows, at(0), |row| (row.key == key(2)).then_some(full(60)));
        let admitted = decide(&rows, at(60), |row| (row.key == key(2)).then_some(full(60)));

        let row = BucketRow { key: key(2), window_seconds: 60 };
        let refusal = Refusal { key: key(2), retry_at: Some(at(60)) };
        assert_eq!(refused, (TakeOutcome::Refused(vec![refusal]), vec![]));
        let hour = BucketRow { key: key(1), window_seconds: 3600 };
        assert_eq!(admitted, (TakeOutcome::ADMITTED, vec![(hour, full(3660)), (row, full(120))]));
    }

    #[test]
    fn the_retry_is_when_the_last_of_the_refusing_rows_admits() {
        let rows = rows_of(&[take(1, "1/1m", 1), take(2, "1/1h", 1)]);
        let never = rows_of(&[take(1, "1/1m", 1), take(2, "1/1h", 2)]);

        let used_up = |row: BucketRow| Some(full(row.window_seconds.into()));

        assert_eq!(decide(&rows, at(0), used_up).0.retry_at(), Some(at(3600)));
        assert_eq!(decide(&never, at(0), used_up).0.retry_at(), None);
        assert_eq!(decide(&rows, at(0), used_up).0.refused(), [key(1), key(2)]);
    }

    #[test]
    fn a_bucket_named_twice_is_taken_twice() {
        let twice = [take(1, "2/1m", 1), take(1, "2/1m", 1)];
        let thrice = [take(1, "2/1m", 2), take(1, "2/1m", 1)];
        let unlike = [take(1, "2/1m", 2), take(1, "3/1m", 2)];

        assert_eq!(decide(&rows_of(&twice), at(0), |_| None).1, [(rows_of(&twice)[0].row, full(60))]);
        assert_eq!(decide(&rows_of(&thrice), at(0), |_| None).0.retry_at(), None);
        assert!(!decide(&rows_of(&unlike), at(0), |_| None).0.is_admitted());
    }

    #[test]
    fn what_is_off_or_costs_nothing_is_admitted_and_writes_nothing() {
        for takes in [vec![], vec![take(1, "off", 9)], vec![take(1, "1/1m", 0)]] {
            let decision = decide(&rows_of(&takes), at(0), |_| Some(full(60)));

            assert_eq!(decision, (TakeOutcome::ADMITTED, vec![]));
        }
    }

    #[test]
    fn a_refusal_stores_a_state_beyond_an_empty_bucket_as_empty() {
        let rows = rows_of(&[take(1, "1/1m", 1)]);

        let (outcome, writes) = decide(&rows, at(0), |_| Some(full(1_000_000)));

        assert_eq!(writes, [(rows[0].row, full(60))]);
        assert_eq!(outcome.retry_at(), Some(at(60)));
    }

    #[test]
    fn a_lockout_counts_with_what_is_taken_beside_it_or_not_at_all() {
        const WAITS: [Duration; 1] = [Duration::from_secs(30)];
        let policy = LockoutPolicy { backoff_after: Some(2), waits: &WAITS, disable_after: 3 };
        let tried = Take::one(key(9), policy.into());
        let rows = rows_of(&[take(1, "3/1d", 1), tried.clone()]);
        let used_up = rows_of(&[take(1, "3/1d", 4), tried.clone()]);
        let mut states = std::collections::BTreeMap::new();
        let mut step = |rows: &[RowTake], seconds| {
            let (outcome, writes) = decide(rows, at(seconds), |row| states.get(&row).copied());
            states.extend(writes);
            outcome
        };
        let counted =
            |consecutive, blocked_until| TakeOutcome::Admitted(vec![(key(9), Lockout { consecutive, blocked_until })]);
        let refused = |retry_at| TakeOutcome::Refused(vec![Refusal { key: key(9), retry_at }]);

        assert_eq!(step(&rows, 0), counted(1, None));
        assert_eq!(step(&used_up, 0).refused(), [key(1)]);
        assert_eq!(step(&rows, 0), counted(2, Some(at(30))));
        assert_eq!(step(&rows, 29), refused(Some(at(30))));
        assert_eq!(step(&rows, 30), counted(3, Some(Lockout::FOREVER)));
        let clear = rows_of(&[tried.cleared()])[0];
        let give_back = rows_of(&[tried])[0];
        assert_eq!(step(&[give_back], 1_000_000), refused(None));

        let kept = states[&give_back.row];
        assert_eq!(give_back.refund(kept, at(60)).unwrap().lockout, Lockout { consecutive: 2, blocked_until: None });
        assert_eq!(clear.refund(kept, at(60)), None);
    }
}
