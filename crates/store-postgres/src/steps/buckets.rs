use doorward_kernel::Timestamp;
use doorward_limit::{BucketKey, RowTake};

use crate::sql::Sql;

/// Takes, as columns; no row twice, as a statement may change a row only once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    kinds: Vec<&'static str>,
    subjects: Vec<Vec<u8>>,
    windows: Vec<i64>,
    /// The states of full buckets after the take.
    taken: Vec<i64>,
    /// The states of empty buckets.
    latest: Vec<i64>,
}

impl Columns {
    /// The takes in their order, split where a row is taken from twice by unlike rates.
    pub(crate) fn of(takes: &[RowTake], now: Timestamp) -> Vec<Self> {
        let mut layers: Vec<Self> = Vec::new();
        for take in takes {
            if let Some(layer) = layers.iter_mut().find(|layer| !layer.has(take)) {
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

    fn has(&self, take: &RowTake) -> bool {
        let rows = self.kinds.iter().zip(&self.subjects).zip(&self.windows);
        let row = ((&take.row.key.kind.as_str(), take.row.key.subject.as_slice()), &i64::from(take.row.window_seconds));
        rows.map(|((kind, subject), window)| ((kind, subject.as_slice()), window)).any(|other| other == row)
    }

    fn push(&mut self, take: &RowTake, now: Timestamp) {
        let now = now.as_micros();
        self.kinds.push(take.row.key.kind.as_str());
        self.subjects.push(take.row.key.subject.to_vec());
        self.windows.push(take.row.window_seconds.into());
        let cost = take.rate.interval_micros().saturating_mul(take.cost.into());
        self.taken.push(now.saturating_add(cost));
        self.latest.push(now.saturating_add(take.rate.fill_micros()));
    }

    /// Binds rows, what they cost, and what they hold.
    fn bind<'a>(&self, text: &'static str) -> Sql<'a> {
        Sql::new(text)
            .bind("kinds", self.kinds.clone())
            .bind("subjects", self.subjects.clone())
            .bind("windows", self.windows.clone())
            .bind("taken", self.taken.clone())
            .bind("latest", self.latest.clone())
    }
}

/// Takes from each row that has enough, in their order, and gives those that had.
///
/// A cost above the burst never comes here: a row that is missing has the whole burst.
///
/// The transaction is not flushed on its own, so that no row is held until the disk has it: a
/// server that loses power forgets the takes of its last moments.
pub(crate) fn take<'a>(columns: &Columns, now: Timestamp) -> Sql<'a> {
    let take = columns.bind(
        "INSERT INTO buckets AS kept (kind, subject, window_seconds, state, fill) \
         SELECT kind, subject, window_seconds, taken, latest - $now \
         FROM unnest($kinds, $subjects, $windows, $taken, $latest) WITH ORDINALITY \
                 AS wanted (kind, subject, window_seconds, taken, latest, place), \
             (SELECT set_config('synchronous_commit', 'off', true)) AS unflushed \
         ORDER BY place \
         ON CONFLICT (kind, subject, window_seconds) DO UPDATE \
         SET state = greatest(kept.state, $now) + (excluded.state - $now), fill = excluded.fill \
         WHERE greatest(kept.state, $now) + (excluded.state - $now) <= $now + excluded.fill \
         RETURNING kind, subject, window_seconds, state",
    );
    take.bind("now", now.as_micros())
}

/// The states that are kept, by the places of their rows from 1 on.
pub(crate) fn look<'a>(columns: &Columns) -> Sql<'a> {
    columns.bind(
        "SELECT place, state FROM buckets \
         JOIN unnest($kinds, $subjects, $windows) WITH ORDINALITY AS wanted (kind, subject, window_seconds, place) \
         USING (kind, subject, window_seconds)",
    )
}

/// A statement over the rows there are, which are locked in their order; not flushed on its own, like a take.
macro_rules! held {
    ($then:literal) => {
        concat!(
            "WITH held AS ( \
                 SELECT buckets.kind, buckets.subject, buckets.window_seconds, taken, latest FROM buckets \
                 JOIN unnest($kinds, $subjects, $windows, $taken, $latest) WITH ORDINALITY \
                     AS wanted (kind, subject, window_seconds, taken, latest, place) \
                 USING (kind, subject, window_seconds), \
                     (SELECT set_config('synchronous_commit', 'off', true)) AS unflushed \
                 ORDER BY place FOR UPDATE OF buckets) ",
            $then
        )
    };
}

/// Gives back what the rows were taken.
pub(crate) fn give_back<'a>(columns: &Columns, now: Timestamp) -> Sql<'a> {
    let give_back = columns.bind(held!(
        "UPDATE buckets SET state = greatest(least(buckets.state, held.latest), $now) - (held.taken - $now) FROM held \
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

/// Makes a bucket full.
pub(crate) fn reset<'a>(key: &BucketKey) -> Sql<'a> {
    Sql::new("DELETE FROM buckets WHERE kind = $kind AND subject = $subject")
        .bind("kind", key.kind.as_str())
        .bind("subject", key.subject.to_vec())
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
