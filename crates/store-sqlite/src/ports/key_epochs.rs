use async_trait::async_trait;
use diesel::{
    ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper, SqliteConnection, insert_into, update,
};
use doorward_kernel::{AuditEvent, EpochId, KeyEpoch, KeyEpochs, RetireOutcome, StoreError, Timestamp};

use crate::{SqliteStore, rows::EpochRow, schema::key_epochs, steps::audit::insert_audit};

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
