use diesel::{
    sql_query,
    sql_types::{Array, BigInt, Binary, Text},
};
use doorward_kernel::Timestamp;
use doorward_limit::{BucketKey, RowTake};

use crate::sql::Numbered;

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

    /// Binds rows, what they cost, and what they hold, as `$1` to `$5`.
    fn bind<'a>(&self, text: &'static str) -> Numbered<'a> {
        sql_query(text)
            .into_boxed()
            .bind::<Array<Text>, _>(self.kinds.clone())
            .bind::<Array<Binary>, _>(self.subjects.clone())
            .bind::<Array<BigInt>, _>(self.windows.clone())
            .bind::<Array<BigInt>, _>(self.taken.clone())
            .bind::<Array<BigInt>, _>(self.latest.clone())
    }
}

/// Takes from each row that has enough, in their order, and gives those that had.
///
/// A cost above the burst never comes here: a row that is missing has the whole burst.
///
/// The transaction is not flushed on its own, so that no row is held until the disk has it: a
/// server that loses power forgets the takes of its last moments.
pub(crate) fn take<'a>(columns: &Columns, now: Timestamp) -> Numbered<'a> {
    let take = columns.bind(
        "INSERT INTO buckets AS kept (kind, subject, window_seconds, state, fill) \
         SELECT kind, subject, window_seconds, taken, latest - $6 \
         FROM unnest($1, $2, $3, $4, $5) WITH ORDINALITY \
                 AS wanted (kind, subject, window_seconds, taken, latest, place), \
             (SELECT set_config('synchronous_commit', 'off', true)) AS unflushed \
         ORDER BY place \
         ON CONFLICT (kind, subject, window_seconds) DO UPDATE \
         SET state = greatest(kept.state, $6) + (excluded.state - $6), fill = excluded.fill \
         WHERE greatest(kept.state, $6) + (excluded.state - $6) <= $6 + excluded.fill \
         RETURNING kind, subject, window_seconds, state",
    );
    take.bind::<BigInt, _>(now.as_micros())
}

/// The states that are kept, by the places of their rows from 1 on.
pub(crate) fn look<'a>(columns: &Columns) -> Numbered<'a> {
    columns.bind(
        "SELECT place, state FROM buckets \
         JOIN unnest($1, $2, $3) WITH ORDINALITY AS wanted (kind, subject, window_seconds, place) \
         USING (kind, subject, window_seconds)",
    )
}

/// A statement over the rows there are, which are locked in their order; not flushed on its own, like a take.
macro_rules! held {
    ($then:literal) => {
        concat!(
            "WITH held AS ( \
                 SELECT buckets.kind, buckets.subject, buckets.window_seconds, taken, latest FROM buckets \
                 JOIN unnest($1, $2, $3, $4, $5) WITH ORDINALITY \
                     AS wanted (kind, subject, window_seconds, taken, latest, place) \
                 USING (kind, subject, window_seconds), \
                     (SELECT set_config('synchronous_commit', 'off', true)) AS unflushed \
                 ORDER BY place FOR UPDATE OF buckets) ",
            $then
        )
    };
}

/// Gives back what the rows were taken.
pub(crate) fn give_back<'a>(columns: &Columns, now: Timestamp) -> Numbered<'a> {
    let give_back = columns.bind(held!(
        "UPDATE buckets SET state = greatest(least(buckets.state, held.latest), $6) - (held.taken - $6) FROM held \
         WHERE buckets.kind = held.kind AND buckets.subject = held.subject \
             AND buckets.window_seconds = held.window_seconds"
    ));
    give_back.bind::<BigInt, _>(now.as_micros())
}

/// Cuts the rows that lie beyond an empty bucket.
pub(crate) fn cut<'a>(columns: &Columns) -> Numbered<'a> {
    columns.bind(held!(
        "UPDATE buckets SET state = held.latest FROM held \
         WHERE buckets.kind = held.kind AND buckets.subject = held.subject \
             AND buckets.window_seconds = held.window_seconds AND buckets.state > held.latest"
    ))
}

/// Makes a bucket full.
pub(crate) fn reset<'a>(key: &BucketKey) -> Numbered<'a> {
    sql_query("DELETE FROM buckets WHERE kind = $1 AND subject = $2")
        .into_boxed()
        .bind::<Text, _>(key.kind.as_str())
        .bind::<Binary, _>(key.subject.to_vec())
}

/// Leaves out what another node is sweeping or taking on.
pub(crate) fn purge_full<'a>(before: Timestamp, limit: u32) -> Numbered<'a> {
    sql_query(
        "DELETE FROM buckets WHERE (kind, subject, window_seconds) IN ( \
             SELECT kind, subject, window_seconds FROM buckets WHERE state <= $1 ORDER BY state LIMIT $2 \
             FOR UPDATE SKIP LOCKED)",
    )
    .into_boxed()
    .bind::<BigInt, _>(before.as_micros())
    .bind::<BigInt, _>(i64::from(limit))
}
