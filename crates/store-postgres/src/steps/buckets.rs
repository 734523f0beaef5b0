use std::collections::HashMap;

use doorward_kernel::Timestamp;
use doorward_limit::{BucketKind, BucketRow, LockoutPolicy, RowTake, Rule};

use crate::sql::Sql;

/// The time for which a failure counts, in microseconds.
const KEPT: i64 = LockoutPolicy::KEPT_SECONDS as i64 * 1_000_000;

/// Takes, as columns; no row twice, as a statement may change a row only once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    kinds: Vec<&'static str>,
    subjects: Vec<Vec<u8>>,
    windows: Vec<i64>,
    costs: Vec<i64>,
    /// The states of full buckets after the take; until when a failure counts.
    taken: Vec<i64>,
    /// The states of empty buckets.
    latest: Vec<i64>,
    /// The failure in a row that disables; none for rates.
    disable_after: Vec<Option<i64>>,
    /// The failure in a row from which on tries wait.
    backoff_after: Vec<Option<i64>>,
    /// The waits from that on, as the text of an array.
    waits: Vec<String>,
    /// The places of the rows, from 1 on.
    places: HashMap<BucketRow, usize>,
}

impl Columns {
    /// The takes in their order, split where a row is taken from twice by unlike rates.
    pub(crate) fn of(takes: &[RowTake], now: Timestamp) -> Vec<Self> {
        let mut layers: Vec<Self> = Vec::new();
        for take in takes {
            if let Some(layer) = layers.iter_mut().find(|layer| !layer.places.contains_key(&take.row)) {
                layer.push(take, now);
            } else {
                let mut layer = Self::default();
                layer.push(take, now);
                layers.push(layer);
            }
        }
        layers
    }

    pub(crate) fn len(&self) -> usize {
        self.kinds.len()
    }

    fn push(&mut self, take: &RowTake, now: Timestamp) {
        self.kinds.push(take.row.key.kind.as_str());
        self.subjects.push(take.row.key.subject.to_vec());
        self.windows.push(take.row.window_seconds.into());
        self.costs.push(take.cost.into());
        let (cost, fill) = match take.rule {
            Rule::Rate(rate) => (rate.interval_micros().saturating_mul(take.cost.into()), rate.fill_micros()),
            Rule::Lockout(_) => (KEPT, KEPT),
        };
        self.taken.push(now.as_micros().saturating_add(cost));
        self.latest.push(now.as_micros().saturating_add(fill));
        let policy = match take.rule {
            Rule::Rate(_) => None,
            Rule::Lockout(policy) => Some(policy),
        };
        self.disable_after.push(policy.map(|policy| policy.disable_after.into()));
        self.backoff_after.push(policy.and_then(|policy| policy.backoff_after).map(i64::from));
        let waits = policy.iter().flat_map(|policy| policy.waits).map(|wait| wait.as_micros().to_string());
        self.waits.push(array(waits));
        self.places.insert(take.row, self.len());
    }

    /// The call of each lockout, and the places of the rates that it takes from, as the text of an array.
    fn calls(&self, calls: &[&[RowTake]]) -> (Vec<i64>, Vec<String>) {
        let (mut of, mut needs) = (vec![0; self.len()], vec![array([]); self.len()]);
        for (call, rows) in (0..).zip(calls) {
            let place = |take: &RowTake| self.places.get(&take.row).copied();
            let (lockouts, others): (Vec<&RowTake>, Vec<_>) = rows.iter().partition(|take| take.rule.is_lockout());
            let places = array(others.into_iter().filter_map(place).map(|place| place.to_string()));
            for lockout in lockouts {
                let index = place(lockout).and_then(|place| place.checked_sub(1));
                let slots = index.and_then(|index| Some((of.get_mut(index)?, needs.get_mut(index)?)));
                if let Some((of, needs)) = slots {
                    (*of, *needs) = (call, places.clone());
                }
            }
        }
        (of, needs)
    }

    /// Binds rows, what they cost, and what they hold.
    fn bind<'a>(&self, text: &'static str) -> Sql<'a> {
        Sql::new(text)
            .bind("kinds", self.kinds.clone())
            .bind("subjects", self.subjects.clone())
            .bind("windows", self.windows.clone())
            .bind("costs", self.costs.clone())
            .bind("taken", self.taken.clone())
            .bind("latest", self.latest.clone())
            .bind("disable_after", self.disable_after.clone())
    }
}

/// Numbers as the text of an array.
fn array(numbers: impl IntoIterator<Item = String>) -> String {
    format!("{{{}}}", numbers.into_iter().collect::<Vec<_>>().join(","))
}

/// Until when no try is compared after so many failures in a row.
macro_rules! blocked_until {
    ($failures:literal) => {
        concat!(
            "CASE WHEN ",
            $failures,
            " >= disable_after THEN 9223372036854775807 WHEN ",
            $failures,
            " >= backoff_after THEN $now + waits[least(",
            $failures,
            " - backoff_after + 1, cardinality(waits))::int] END"
        )
    };
}

/// Takes from each rate that has enough.
macro_rules! take_rates {
    () => {
        "INSERT INTO buckets AS kept (kind, subject, window_seconds, state, fill, consecutive) \
             SELECT kind, subject, window_seconds, taken, latest - $now, 0 \
             FROM wanted, (SELECT set_config('synchronous_commit', 'off', true)) AS unflushed \
             WHERE disable_after IS NULL ORDER BY place \
             ON CONFLICT (kind, subject, window_seconds) DO UPDATE \
             SET state = greatest(kept.state, $now) + (excluded.state - $now), fill = excluded.fill \
             WHERE greatest(kept.state, $now) + (excluded.state - $now) <= $now + excluded.fill \
             RETURNING kind, subject, window_seconds, state, consecutive, blocked_until"
    };
}

/// Takes of rates alone.
const RATES: &str = concat!(
    "WITH wanted AS ( \
         SELECT * FROM unnest($kinds, $subjects, $windows, $taken, $latest, $disable_after) WITH ORDINALITY \
             AS wanted (kind, subject, window_seconds, taken, latest, disable_after, place)) ",
    take_rates!()
);

/// Takes of rates, and the lockouts for which they are taken.
const RATES_AND_LOCKOUTS: &str = concat!(
    "WITH wanted AS ( \
         SELECT kind, subject, window_seconds, taken, latest, disable_after, backoff_after, waits::bigint[], call, \
             needs::bigint[], place \
         FROM unnest($kinds, $subjects, $windows, $taken, $latest, $disable_after, $backoff_after, $waits, $calls, \
                 $needs) WITH ORDINALITY \
             AS wanted (kind, subject, window_seconds, taken, latest, disable_after, backoff_after, waits, call, \
                 needs, place)), \
     rates AS (",
    take_rates!(),
    "), \
     ready AS MATERIALIZED ( \
         SELECT wanted.* FROM wanted, (SELECT set_config('synchronous_commit', 'off', true)) AS unflushed \
         WHERE disable_after IS NOT NULL \
             AND needs <@ ARRAY (SELECT place FROM wanted JOIN rates USING (kind, subject, window_seconds))), \
     held AS MATERIALIZED ( \
         SELECT call, blocked_until FROM buckets JOIN ready USING (kind, subject, window_seconds) \
         ORDER BY place FOR UPDATE OF buckets), \
     lockouts AS ( \
         INSERT INTO buckets AS kept (kind, subject, window_seconds, state, fill, consecutive, blocked_until) \
         SELECT kind, subject, window_seconds, taken, latest - $now, 1, ",
    blocked_until!("1"),
    "    FROM ready WHERE call NOT IN (SELECT call FROM held WHERE blocked_until > $now) ORDER BY place \
         ON CONFLICT (kind, subject, window_seconds) DO UPDATE \
         SET state = excluded.state, fill = excluded.fill, consecutive = kept.consecutive + 1, \
             blocked_until = ( \
                 SELECT ",
    blocked_until!("kept.consecutive + 1"),
    "            FROM ready WHERE (ready.kind, ready.subject, ready.window_seconds) \
                     = (kept.kind, kept.subject, kept.window_seconds)) \
         WHERE kept.blocked_until IS NULL OR kept.blocked_until <= $now \
         RETURNING kind, subject, window_seconds, state, consecutive, blocked_until) \
     SELECT * FROM rates UNION ALL SELECT * FROM lockouts"
);

/// Takes from each rate that has enough, in their order, and gives those that had. A lockout counts where all else of
/// its call admits: its rates had enough, and no lockout of it is blocked. Rates are locked before lockouts.
///
/// A cost above the burst never comes here: a row that is missing has the whole burst.
///
/// The transaction is not flushed on its own, so that no row is held until the disk has it: a
/// server that loses power forgets the takes of its last moments.
pub(crate) fn take<'a>(columns: &Columns, calls: &[&[RowTake]], now: Timestamp) -> Sql<'a> {
    if columns.disable_after.iter().all(Option::is_none) {
        return columns.bind(RATES).bind("now", now.as_micros());
    }
    let (of, needs) = columns.calls(calls);
    columns
        .bind(RATES_AND_LOCKOUTS)
        .bind("backoff_after", columns.backoff_after.clone())
        .bind("waits", columns.waits.clone())
        .bind("calls", of)
        .bind("needs", needs)
        .bind("now", now.as_micros())
}

/// The states that are kept, by the places of their rows from 1 on.
pub(crate) fn look<'a>(columns: &Columns) -> Sql<'a> {
    columns.bind(
        "SELECT place, state, consecutive, blocked_until FROM buckets \
         JOIN unnest($kinds, $subjects, $windows) WITH ORDINALITY AS wanted (kind, subject, window_seconds, place) \
         USING (kind, subject, window_seconds)",
    )
}

/// A statement over the rows there are, which are locked in their order, rates before lockouts as by a take; not flushed
/// on its own, either.
macro_rules! held {
    ($then:literal) => {
        concat!(
            "WITH held AS ( \
                 SELECT buckets.kind, buckets.subject, buckets.window_seconds, cost, taken, latest, \
                     disable_after IS NOT NULL AS is_lockout \
                 FROM buckets \
                 JOIN unnest($kinds, $subjects, $windows, $costs, $taken, $latest, $disable_after) WITH ORDINALITY \
                     AS wanted (kind, subject, window_seconds, cost, taken, latest, disable_after, place) \
                 USING (kind, subject, window_seconds), \
                     (SELECT set_config('synchronous_commit', 'off', true)) AS unflushed \
                 ORDER BY is_lockout, place FOR UPDATE OF buckets) ",
            $then
        )
    };
}

/// Gives back what the rows were taken. A lockout is open again, and forgotten soon where no failure is left.
pub(crate) fn give_back<'a>(columns: &Columns, now: Timestamp) -> Sql<'a> {
    let give_back = columns.bind(held!(
        "UPDATE buckets \
         SET state = CASE WHEN NOT is_lockout \
                 THEN greatest(least(buckets.state, held.latest), $now) - (held.taken - $now) \
                 WHEN buckets.consecutive <= held.cost THEN $now ELSE buckets.state END, \
             consecutive = greatest(buckets.consecutive - held.cost, 0), blocked_until = NULL \
         FROM held \
         WHERE buckets.kind = held.kind AND buckets.subject = held.subject \
             AND buckets.window_seconds = held.window_seconds"
    ));
    give_back.bind("now", now.as_micros())
}

/// Cuts the rows that lie beyond an empty bucket.
pub(crate) fn cut<'a>(columns: &Columns) -> Sql<'a> {
    columns.bind(held!(
        "UPDATE buckets SET state = held.latest FROM held \
         WHERE buckets.kind = held.kind AND buckets.subject = held.subject \
             AND buckets.window_seconds = held.window_seconds AND buckets.state > held.latest"
    ))
}

/// Forgets all tries at an authenticator.
pub(crate) fn clear_tries<'a>(authenticator: [u8; 16]) -> Sql<'a> {
    Sql::new("DELETE FROM buckets WHERE kind = ANY($kinds) AND subject BETWEEN $first AND $last")
        .each("kinds", BucketKind::OF_TRIES, BucketKind::as_str)
        .bind("first", [authenticator, [u8::MIN; 16]].concat())
        .bind("last", [authenticator, [u8::MAX; 16]].concat())
}

/// Leaves out what another node is sweeping or taking on.
pub(crate) fn purge_full<'a>(before: Timestamp, limit: u32) -> Sql<'a> {
    let purge = Sql::new(
        "DELETE FROM buckets WHERE (kind, subject, window_seconds) IN ( \
             SELECT kind, subject, window_seconds FROM buckets WHERE state <= $before ORDER BY state LIMIT $limit \
             FOR UPDATE SKIP LOCKED)",
    );
    purge.bind("before", before.as_micros()).bind("limit", i64::from(limit))
}
