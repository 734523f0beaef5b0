use async_trait::async_trait;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, QueryResult, SelectableHelper, data_types::PgTimestamp,
    dsl::sql, insert_into, sql_types::Timestamptz, update,
};
use diesel_async::RunQueryDsl;
use doorward_app::keys::{EpochPeriod, EpochUse, KeyEpochs, RetireOutcome};
use doorward_kernel::{AuditEvent, EpochId, KeyEpoch, StoreError, Timestamp, UserId};
use doorward_otp::{ResealedSeed, SealedSeed};
use doorward_session::Carrier;
use doorward_user::{PasswordVerifier, Resealed, SealedCount};

use super::{sealed_seeds, sealed_verifiers};
use crate::{
    PgStore,
    columns::stored,
    connection::PgConnection,
    rows::EpochRow,
    schema::{challenges, key_epochs, sessions},
    steps::audit::insert_audit,
    store::Step,
};

#[async_trait]
impl KeyEpochs for PgStore {
    async fn list(&self) -> Result<Vec<KeyEpoch>, StoreError> {
        self.read(async |connection| list(connection).await).await
    }

    async fn add(&self, epoch: KeyEpoch, audit: AuditEvent) -> Result<Vec<KeyEpoch>, StoreError> {
        self.write(async |connection| add(connection, &epoch, &audit).await).await
    }

    async fn retire(&self, epoch: EpochId, now: Timestamp, audit: AuditEvent) -> Result<RetireOutcome, StoreError> {
        self.write(async |connection| retire(connection, epoch, now, &audit).await).await
    }

    async fn count_uses(
        &self,
        period: EpochPeriod,
        seen_after: Timestamp,
        now: Timestamp,
    ) -> Result<EpochUse, StoreError> {
        self.read(async |connection| {
            let sessions = count_sessions(connection, period, seen_after).await?;
            let flows = count_flows(connection, period, now).await?;
            Ok(EpochUse { sessions: sessions.unsigned_abs(), flows: flows.unsigned_abs() })
        })
        .await
    }

    async fn count_verifiers(&self, key_id: &str, now: Timestamp) -> Result<SealedCount, StoreError> {
        self.read(async |connection| sealed_verifiers::count(connection, key_id, now).await).await
    }

    async fn verifiers(
        &self,
        key_id: &str,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, PasswordVerifier)>, StoreError> {
        self.read(async |connection| sealed_verifiers::list(connection, key_id, after, limit).await).await
    }

    async fn verifier_kinds(&self) -> Result<Vec<String>, StoreError> {
        self.read(async |connection| sealed_verifiers::kinds(connection).await).await
    }

    async fn reseal_verifiers(&self, resealed: Vec<Resealed>) -> Result<u64, StoreError> {
        self.write(async |connection| sealed_verifiers::replace(connection, &resealed).await).await
    }

    async fn count_seeds(&self, epoch: EpochId) -> Result<u64, StoreError> {
        self.read(async |connection| sealed_seeds::count(connection, epoch).await).await
    }

    async fn seeds(
        &self,
        epoch: EpochId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, SealedSeed)>, StoreError> {
        self.read(async |connection| sealed_seeds::list(connection, epoch, after, limit).await).await
    }

    async fn reseal_seeds(&self, resealed: Vec<ResealedSeed>) -> Result<u64, StoreError> {
        self.write(async |connection| sealed_seeds::replace(connection, &resealed).await).await
    }
}

async fn list(connection: &mut PgConnection) -> QueryResult<Vec<KeyEpoch>> {
    let epochs = key_epochs::table.order(key_epochs::id).select(EpochRow::as_select());
    let rows: Vec<EpochRow> = epochs.load(connection).await?;
    rows.into_iter().map(EpochRow::decode).collect()
}

/// Waits for whoever adds the same number at the same time.
async fn add(connection: &mut PgConnection, epoch: &KeyEpoch, audit: &AuditEvent) -> Step<Vec<KeyEpoch>> {
    let insert = insert_into(key_epochs::table).values(EpochRow::encode(epoch));
    if insert.on_conflict(key_epochs::id).do_nothing().execute(connection).await? > 0 {
        insert_audit(connection, audit).await?;
    }
    Ok(list(connection).await?)
}

/// All epochs are locked, in order, so that of two that are retired at once each sees the other.
async fn retire(connection: &mut PgConnection, id: EpochId, now: Timestamp, audit: &AuditEvent) -> Step<RetireOutcome> {
    let rows = key_epochs::table.order(key_epochs::id).select(EpochRow::as_select()).for_update();
    let rows: Vec<EpochRow> = rows.load(connection).await?;
    let epochs = rows.into_iter().map(EpochRow::decode).collect::<QueryResult<Vec<_>>>()?;
    let Some(epoch) = epochs.iter().find(|epoch| epoch.id == id) else { return Ok(RetireOutcome::NotFound) };
    if epoch.retired_at.is_some() {
        return Ok(RetireOutcome::AlreadyRetired);
    }
    let could_replace = |epoch: &KeyEpoch| epoch.id != id && epoch.retired_at.is_none() && epoch.has_begun(now);
    if !epochs.iter().any(could_replace) {
        return Ok(RetireOutcome::Needed);
    }
    update(key_epochs::table.find(id.0)).set(key_epochs::retired_at.eq(stored(now))).execute(connection).await?;
    insert_audit(connection, audit).await?;
    Ok(RetireOutcome::Retired)
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
