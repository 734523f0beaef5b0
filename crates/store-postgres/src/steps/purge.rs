use std::panic::Location;

use diesel_async::RunQueryDsl;
use doorward_kernel::{StoreError, Timestamp};

use crate::{PgStore, batch::Refusal, columns::stored, sql::Sql, store::Repetition};

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
            " LIMIT $limit FOR UPDATE SKIP LOCKED)"
        )
    };
}
pub(crate) use purge;

impl PgStore {
    /// Runs such a statement, with its `$before` and `$limit`, and returns the number of rows.
    #[track_caller]
    pub(crate) fn sweep(
        &self,
        sweep: &'static str,
        before: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<u64, StoreError>> {
        let at = Location::caller();
        async move {
            let swept = self.connections.attempt_at(at, Repetition::Harmful, async |connection| {
                Sql::new(sweep).bind("before", stored(before)).bind("limit", i64::from(limit)).execute(connection).await
            });
            let swept = swept.await.map_err(Refusal::into_error)?;
            Ok(u64::try_from(swept).unwrap_or(u64::MAX))
        }
    }
}
