use async_trait::async_trait;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, QueryResult, data_types::PgTimestamp, dsl::sql,
    sql_types::Timestamptz,
};
use diesel_async::RunQueryDsl;
use doorward_app::keys::{EpochPeriod, EpochUse, EpochUses};
use doorward_kernel::{StoreError, Timestamp};
use doorward_session::Carrier;

use crate::{
    PgStore,
    connection::PgConnection,
    rows::stored,
    schema::{challenges, sessions},
};

#[async_trait]
impl EpochUses for PgStore {
    async fn count(&self, period: EpochPeriod, seen_after: Timestamp, now: Timestamp) -> Result<EpochUse, StoreError> {
        self.repeatable(&(period, seen_after, now), |connection, (period, seen_after, now)| {
            Box::pin(async {
                let sessions = count_sessions(connection, *period, *seen_after).await?;
                let flows = count_flows(connection, *period, *now).await?;
                Ok(EpochUse { sessions: sessions.unsigned_abs(), flows: flows.unsigned_abs() })
            })
        })
        .await
    }
}

async fn count_flows(connection: &mut PgConnection, period: EpochPeriod, now: Timestamp) -> QueryResult<i64> {
    // By the column that the index is on, which is never later than the one that counts.
    let ends_at = sql::<Timestamptz>("ends_at");
    let open = challenges::table
        .filter(ends_at.gt::<PgTimestamp>(stored(now)))
        .filter(challenges::closed_at.is_null())
        .filter(challenges::tries.lt(challenges::max_tries))
        .filter(challenges::epoch.eq(period.epoch.0));
    open.count().get_result(connection).await
}

async fn count_sessions(connection: &mut PgConnection, period: EpochPeriod, seen_after: Timestamp) -> QueryResult<i64> {
    let (from, until) = (stored(period.from), stored(period.until));
    let in_tokens = sessions::carrier
        .eq(Carrier::Token.as_str())
        .and(sessions::rotated_at.ge(from))
        .and(sessions::rotated_at.lt(until));
    let by_cookie = sessions::carrier.eq(Carrier::Cookie.as_str()).and(sessions::last_seen_at.ge(from));
    let live = sessions::table
        .filter(sessions::ended_at.is_null())
        .filter(sessions::created_at.lt(until))
        .filter(sessions::last_seen_at.gt(stored(seen_after)))
        .filter(in_tokens.or(by_cookie));
    live.count().get_result(connection).await
}
