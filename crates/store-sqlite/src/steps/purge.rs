use diesel::{RunQueryDsl, sql_query, sql_types::BigInt};
use doorward_kernel::{StoreError, Timestamp};

use crate::SqliteStore;

/// Deletes rows that are past their time, the oldest first.
///
/// The condition must say what the index says, or it is not used.
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
            " LIMIT ?2)"
        )
    };
}
pub(crate) use purge;

impl SqliteStore {
    /// Runs such a statement, whose `?1` is the instant and `?2` the limit, and returns the number of rows.
    #[track_caller]
    pub(crate) fn sweep(
        &self,
        sweep: &'static str,
        before: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<u64, StoreError>> {
        self.write(move |connection| {
            let sweep = sql_query(sweep).bind::<BigInt, _>(before.as_micros()).bind::<BigInt, _>(i64::from(limit));
            Ok(u64::try_from(sweep.execute(connection)?).unwrap_or(u64::MAX))
        })
    }
}
