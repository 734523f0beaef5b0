use async_trait::async_trait;
use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection};
use doorward_app::keys::{EpochPeriod, EpochUse, EpochUses};
use doorward_kernel::{EpochId, StoreError, Timestamp, UserId};
use doorward_otp::{ResealedSeed, SealedSeed};
use doorward_session::Carrier;
use doorward_user::{PasswordVerifier, Resealed, SealedCount};

use super::{sealed_seeds, sealed_verifiers};
use crate::{
    SqliteStore,
    schema::{challenges, sessions},
};

#[async_trait]
impl EpochUses for SqliteStore {
    async fn count(&self, period: EpochPeriod, seen_after: Timestamp, now: Timestamp) -> Result<EpochUse, StoreError> {
        self.read(|connection| {
            let sessions = count_sessions(connection, period, seen_after)?;
            let flows = count_flows(connection, period, now)?;
            Ok(EpochUse { sessions: sessions.unsigned_abs(), flows: flows.unsigned_abs() })
        })
    }

    async fn count_verifiers(&self, key_id: &str, now: Timestamp) -> Result<SealedCount, StoreError> {
        self.read(|connection| sealed_verifiers::count(connection, key_id, now))
    }

    async fn verifiers(
        &self,
        key_id: &str,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, PasswordVerifier)>, StoreError> {
        self.read(|connection| sealed_verifiers::list(connection, key_id, after, limit))
    }

    async fn verifier_kinds(&self) -> Result<Vec<String>, StoreError> {
        self.read(sealed_verifiers::kinds)
    }

    async fn reseal_verifiers(&self, resealed: Vec<Resealed>) -> Result<u64, StoreError> {
        self.write(move |connection| Ok(sealed_verifiers::replace(connection, &resealed)?)).await
    }

    async fn count_seeds(&self, epoch: EpochId) -> Result<u64, StoreError> {
        self.read(|connection| sealed_seeds::count(connection, epoch))
    }

    async fn seeds(
        &self,
        epoch: EpochId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, SealedSeed)>, StoreError> {
        self.read(|connection| sealed_seeds::list(connection, epoch, after, limit))
    }

    async fn reseal_seeds(&self, resealed: Vec<ResealedSeed>) -> Result<u64, StoreError> {
        self.write(move |connection| Ok(sealed_seeds::replace(connection, &resealed)?)).await
    }
}

fn count_flows(connection: &mut SqliteConnection, period: EpochPeriod, now: Timestamp) -> QueryResult<i64> {
    let open = challenges::table
        .filter(challenges::ends_at.gt(now.as_micros()))
        .filter(challenges::closed_at.is_null())
        .filter(challenges::tries.lt(challenges::max_tries))
        .filter(challenges::epoch.eq(period.epoch.0));
    open.count().get_result(connection)
}

fn count_sessions(connection: &mut SqliteConnection, period: EpochPeriod, seen_after: Timestamp) -> QueryResult<i64> {
    let (from, until) = (period.from.as_micros(), period.until.as_micros());
    let in_tokens = sessions::carrier
        .eq(Carrier::Token.as_str())
        .and(sessions::rotated_at.ge(from))
        .and(sessions::rotated_at.lt(until));
    let by_cookie = sessions::carrier.eq(Carrier::Cookie.as_str()).and(sessions::last_seen_at.ge(from));
    let live = sessions::table
        .filter(sessions::ended_at.is_null())
        .filter(sessions::created_at.lt(until))
        .filter(sessions::last_seen_at.gt(seen_after.as_micros()))
        .filter(in_tokens.or(by_cookie));
    live.count().get_result(connection)
}
