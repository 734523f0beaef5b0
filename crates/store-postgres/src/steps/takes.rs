use std::collections::{BTreeMap, HashMap};

use diesel::{
    prelude::QueryableByName,
    sql_types::{BigInt, Binary, Nullable, Text},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::Timestamp;
use doorward_limit::{BucketRow, BucketState, Lockout, RowTake, Rule, TakeOutcome};

use super::buckets::{self, Columns};
use crate::{
    batch::Refusal,
    store::{Connections, Repetition},
};

/// A row that was taken from, and its state after that.
#[derive(QueryableByName)]
pub(crate) struct TakenRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Binary)]
    subject: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    window_seconds: i64,
    #[diesel(embed)]
    state: StateRow,
}

/// The state of a row.
#[derive(QueryableByName)]
pub(crate) struct StateRow {
    #[diesel(sql_type = BigInt)]
    state: i64,
    #[diesel(sql_type = BigInt)]
    consecutive: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    blocked_until: Option<i64>,
}

/// The rows of a statement that were taken from, and their states after that.
pub(crate) type Taken = BTreeMap<BucketRow, BucketState>;

/// The takes of several calls in one statement, and which of them they are.
///
/// A row that several take from is taken from once, for all of them. A call that names a row by
/// another rate than those before it, or for which the burst is too small beside theirs, is left
/// to be done alone; and so is one whose lockout another counts in.
#[derive(Debug, Default)]
pub(crate) struct Together<'a> {
    rows: BTreeMap<BucketRow, (Rule, u32)>,
    /// The rows of each call that is among them.
    calls: Vec<Option<&'a [RowTake]>>,
}

impl<'a> Together<'a> {
    /// Puts together what can be.
    pub(crate) fn of(calls: impl IntoIterator<Item = &'a [RowTake]>) -> Self {
        let mut together = Self::default();
        for rows in calls {
            let fits = together.fits(rows);
            if fits {
                for take in rows {
                    together.rows.entry(take.row).or_insert((take.rule, 0)).1 += take.cost;
                }
            }
            together.calls.push(fits.then_some(rows));
        }
        together
    }

    /// All rows that are taken from, in their order, with the sum of what is taken.
    pub(crate) fn rows(&self) -> Vec<RowTake> {
        self.rows.iter().map(|(row, (rule, cost))| RowTake { row: *row, rule: *rule, cost: *cost }).collect()
    }

    /// The calls that are among them.
    pub(crate) fn calls(&self) -> Vec<&'a [RowTake]> {
        self.calls.iter().copied().flatten().collect()
    }

    /// The rows of the call at that place, if it is among them.
    pub(crate) fn call(&self, place: usize) -> Option<&'a [RowTake]> {
        self.calls.get(place).copied().flatten()
    }

    /// The outcome of the call at that place, if all that it asks for was taken.
    pub(crate) fn outcome(&self, place: usize, taken: &Taken) -> Option<TakeOutcome> {
        let rows = self.call(place)?;
        rows.iter().all(|take| taken.contains_key(&take.row)).then(|| admitted(rows, taken))
    }

    fn fits(&self, rows: &[RowTake]) -> bool {
        let is_named_once = rows.iter().zip(rows.iter().skip(1)).all(|(one, next)| one.row != next.row);
        is_named_once
            && rows.iter().all(|take| {
                let (rule, cost) = self.rows.get(&take.row).copied().unwrap_or((take.rule, 0));
                let most = match rule {
                    Rule::Rate(rate) => rate.burst(),
                    Rule::Lockout(_) => 1,
                };
                rule == take.rule && cost.saturating_add(take.cost) <= most
            })
    }
}

/// The outcome of a call all of whose rows were taken from.
pub(crate) fn admitted(rows: &[RowTake], taken: &Taken) -> TakeOutcome {
    let counted = |take: &RowTake| {
        let lockout = taken.get(&take.row).map(|state| state.lockout)?;
        (lockout.consecutive > 0).then_some((take.row.key, lockout))
    };
    TakeOutcome::Admitted(rows.iter().filter_map(counted).collect())
}

impl StateRow {
    pub(crate) fn decode(&self) -> BucketState {
        let consecutive = u32::try_from(self.consecutive).unwrap_or(u32::MAX);
        let blocked_until = self.blocked_until.map(Timestamp::from_micros);
        BucketState { until: Timestamp::from_micros(self.state), lockout: Lockout { consecutive, blocked_until } }
    }
}

impl Connections {
    /// Takes from each row that has enough, for those calls; no row may be among them twice.
    pub(crate) async fn take(&self, rows: &[RowTake], calls: &[&[RowTake]], now: Timestamp) -> Result<Taken, Refusal> {
        let Some(columns) = Columns::of(rows, now).into_iter().next() else { return Ok(Taken::new()) };
        let taken = self.attempt(Repetition::Harmful, async |connection| {
            buckets::take(&columns, calls, now).load::<TakenRow>(connection).await
        });
        let by_name: HashMap<_, _> = rows.iter().map(|take| (name_of(take), take.row)).collect();
        let row = |taken: TakenRow| {
            let name = (taken.kind.as_str(), taken.subject.as_slice(), taken.window_seconds);
            Some((*by_name.get(&name)?, taken.state.decode()))
        };
        Ok(taken.await?.into_iter().filter_map(row).collect())
    }

    /// Gives back those of the rows that were taken from.
    pub(crate) async fn give_back_taken(&self, rows: &[RowTake], taken: &Taken, now: Timestamp) -> Result<(), Refusal> {
        let mut sums: BTreeMap<BucketRow, RowTake> = BTreeMap::new();
        for take in rows.iter().filter(|take| taken.contains_key(&take.row)) {
            sums.entry(take.row).and_modify(|sum| sum.cost = sum.cost.saturating_add(take.cost)).or_insert(*take);
        }
        if sums.is_empty() { Ok(()) } else { self.give_back(sums.into_values().collect(), now).await }
    }

    /// Gives back what was taken from the rows.
    pub(crate) async fn give_back(&self, rows: Vec<RowTake>, now: Timestamp) -> Result<(), Refusal> {
        let give_back = self.attempt(Repetition::Harmful, async |connection| {
            for columns in Columns::of(&rows, now) {
                buckets::give_back(&columns, now).execute(connection).await?;
            }
            Ok(())
        });
        give_back.await
    }
}

fn name_of(take: &RowTake) -> (&'static str, &[u8], i64) {
    let BucketRow { key, window_seconds } = &take.row;
    (key.kind.as_str(), &key.subject, i64::from(*window_seconds))
}

#[cfg(test)]
mod tests {
    use doorward_limit::{BucketKey, BucketKind, Limit, Take, rows_of};

    use super::*;

    fn call(takes: &[(u8, &str)]) -> Vec<RowTake> {
        let take = |(subject, limit): &(u8, &str)| {
            Take::one(BucketKey { kind: BucketKind::SMS, subject: [*subject; 32] }, Limit::parse(limit).unwrap())
        };
        rows_of(&takes.iter().map(take).collect::<Vec<_>>())
    }

    #[test]
    fn calls_that_share_a_row_take_from_it_once_while_its_burst_is_enough() {
        let calls = [call(&[(1, "2/1m"), (2, "9/1m")]), call(&[(1, "2/1m")]), call(&[(1, "2/1m"), (3, "9/1m")])];

        let together = Together::of(calls.iter().map(Vec::as_slice));

        assert_eq!((0..3).map(|place| together.call(place).is_some()).collect::<Vec<_>>(), [true, true, false]);
        assert_eq!(together.rows().iter().map(|row| row.cost).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn a_row_of_unlike_rates_is_left_alone() {
        let calls = [call(&[(1, "2/1m"), (1, "3/1m")]), call(&[(2, "2/1m")]), call(&[(2, "3/1m")])];

        let together = Together::of(calls.iter().map(Vec::as_slice));

        assert_eq!((0..3).map(|place| together.call(place).is_some()).collect::<Vec<_>>(), [false, true, false]);
    }
}
