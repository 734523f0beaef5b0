use async_trait::async_trait;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, QueryResult, data_types::PgTimestamp, dsl::sql,
    sql_types::Timestamptz,
};
use diesel_async::RunQueryDsl;
use doorward_app::keys::{EpochPeriod, EpochUse, EpochUses};
use doorward_kernel::{EpochId, StoreError, Timestamp, UserId};
use doorward_otp::{ResealedSeed, SealedSeed};
use doorward_session::Carrier;
use doorward_user::{PasswordVerifier, Resealed, SealedCount};

use super::{sealed_seeds, sealed_verifiers};
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

    async fn count_verifiers(&self, key_id: &str, now: Timestamp) -> Result<SealedCount, StoreError> {
        self.repeatable(&(key_id.to_owned(), now), |connection, (key_id, now)| {
            Box::pin(sealed_verifiers::count(connection, key_id, *now))
        })
        .await
    }

    async fn verifiers(
        &self,
        key_id: &str,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, PasswordVerifier)>, StoreError> {
        self.repeatable(&(key_id.to_owned(), after, limit), |connection, (key_id, after, limit)| {
            Box::pin(sealed_verifiers::list(connection, key_id, *after, *limit))
        })
        .await
    }

    async fn verifier_kinds(&self) -> Result<Vec<String>, StoreError> {
        self.repeatable(&(), |connection, ()| Box::pin(sealed_verifiers::kinds(connection))).await
    }

    async fn reseal_verifiers(&self, resealed: Vec<Resealed>) -> Result<u64, StoreError> {
        self.transaction(&resealed, |connection, resealed| Box::pin(sealed_verifiers::replace(connection, resealed)))
            .await
    }

    async fn count_seeds(&self, epoch: EpochId) -> Result<u64, StoreError> {
        self.repeatable(&epoch, |connection, epoch| Box::pin(sealed_seeds::count(connection, *epoch))).await
    }

    async fn seeds(
        &self,
        epoch: EpochId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, SealedSeed)>, StoreError> {
        self.repeatable(&(epoch, after, limit), |connection, (epoch, after, limit)| {
            Box::pin(sealed_seeds::list(connection, *epoch, *after, *limit))
        })
        .await
    }

    async fn reseal_seeds(&self, resealed: Vec<ResealedSeed>) -> Result<u64, StoreError> {
        self.transaction(&resealed, |connection, resealed| Box::pin(sealed_seeds::replace(connection, resealed))).await
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
