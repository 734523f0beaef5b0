use async_trait::async_trait;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper, SqliteConnection,
    insert_into, update,
};
use doorward_app::keys::{EpochPeriod, EpochUse, KeyEpochs, RetireOutcome};
use doorward_kernel::{AuditEvent, EpochId, KeyEpoch, StoreError, Timestamp, UserId};
use doorward_otp::{ResealedSeed, SealedSeed};
use doorward_session::Carrier;
use doorward_user::{PasswordVerifier, Resealed, SealedCount};

use super::{sealed_seeds, sealed_verifiers};
use crate::{
    SqliteStore,
    rows::EpochRow,
    schema::{challenges, key_epochs, sessions},
    steps::audit::insert_audit,
};

#[async_trait]
impl KeyEpochs for SqliteStore {
    async fn list(&self) -> Result<Vec<KeyEpoch>, StoreError> {
        self.read(list)
    }

    async fn add(&self, epoch: KeyEpoch, audit: AuditEvent) -> Result<Vec<KeyEpoch>, StoreError> {
        self.write(move |connection| Ok(add(connection, &epoch, &audit)?)).await
    }

    async fn retire(&self, epoch: EpochId, now: Timestamp, audit: AuditEvent) -> Result<RetireOutcome, StoreError> {
        self.write(move |connection| Ok(retire(connection, epoch, now, &audit)?)).await
    }

    async fn count_uses(
        &self,
        period: EpochPeriod,
        seen_after: Timestamp,
        now: Timestamp,
    ) -> Result<EpochUse, StoreError> {
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

fn list(connection: &mut SqliteConnection) -> QueryResult<Vec<KeyEpoch>> {
    let rows = key_epochs::table.order(key_epochs::id.asc()).select(EpochRow::as_select()).load(connection)?;
    rows.into_iter().map(EpochRow::decode).collect()
}

fn add(connection: &mut SqliteConnection, epoch: &KeyEpoch, audit: &AuditEvent) -> QueryResult<Vec<KeyEpoch>> {
    let insert = insert_into(key_epochs::table).values(EpochRow::encode(epoch));
    if insert.on_conflict(key_epochs::id).do_nothing().execute(connection)? > 0 {
        insert_audit(connection, audit)?;
    }
    list(connection)
}

/// Nobody else writes meanwhile, so what is read first still holds.
fn retire(
    connection: &mut SqliteConnection,
    id: EpochId,
    now: Timestamp,
    audit: &AuditEvent,
) -> QueryResult<RetireOutcome> {
    let epochs = list(connection)?;
    let Some(epoch) = epochs.iter().find(|epoch| epoch.id == id) else { return Ok(RetireOutcome::NotFound) };
    if epoch.retired_at.is_some() {
        return Ok(RetireOutcome::AlreadyRetired);
    }
    let could_replace = |epoch: &KeyEpoch| epoch.id != id && epoch.retired_at.is_none() && epoch.has_begun(now);
    if !epochs.iter().any(could_replace) {
        return Ok(RetireOutcome::Needed);
    }
    update(key_epochs::table.find(id.0)).set(key_epochs::retired_at.eq(now.as_micros())).execute(connection)?;
    insert_audit(connection, audit)?;
    Ok(RetireOutcome::Retired)
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
