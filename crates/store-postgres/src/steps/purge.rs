use std::panic::Location;

use diesel::{
    sql_query,
    sql_types::{BigInt, Timestamptz},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::{StoreError, Timestamp};

use crate::{
    PgStore,
    batch::Refusal,
    rows::stored,
    store::{Repetition, Step},
};

/// Deletes rows that are past their time, the oldest first.
///
/// Leaves out what is being used or swept at this moment; the next round comes to it. The
/// condition must say what the index says, or it is not used.
macro_rules! purge {
    ($table:literal, by $key:literal, where $is_past:literal, oldest $since:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE (",
            $key,
            ") IN (SELECT ",
            $key,
            " FROM ",
            $table,
            " WHERE ",
            $is_past,
            " ORDER BY ",
            $since,
            " LIMIT $2 FOR UPDATE SKIP LOCKED)"
        )
    };
}
pub(crate) use purge;

impl PgStore {
    /// Runs such a statement, whose `$1` is the instant and `$2` the limit, and returns the number of rows.
    #[track_caller]
    pub(crate) fn sweep(
        &self,
        sweep: &'static str,
        before: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<u64, StoreError>> {
        let at = Location::caller();
        async move {
            let step: Step<_, _> = |connection, (sweep, before, limit)| {
                Box::pin(async {
                    let sweep = sql_query(*sweep);
                    let sweep = sweep.bind::<Timestamptz, _>(stored(*before)).bind::<BigInt, _>(i64::from(*limit));
                    Ok(u64::try_from(sweep.execute(connection).await?).unwrap_or(u64::MAX))
                })
            };
            let input = (sweep, before, limit);
            let swept = self.connections.attempt_at(at, &input, step, Repetition::Harmful).await;
            swept.map_err(Refusal::into_error)
        }
    }
}
