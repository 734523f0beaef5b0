use async_trait::async_trait;
use diesel::{ExpressionMethods, QueryDsl, QueryResult, SelectableHelper, insert_into, update};
use diesel_async::RunQueryDsl;
use doorward_kernel::{AuditEvent, EpochId, KeyEpoch, KeyEpochs, RetireOutcome, StoreError, Timestamp};

use crate::{
    PgStore,
    connection::PgConnection,
    rows::{EpochRow, decode, stored},
    schema::key_epochs,
    steps::audit::insert_audit,
    store::Abort,
};

#[async_trait]
impl KeyEpochs for PgStore {
    async fn list(&self) -> Result<Vec<KeyEpoch>, StoreError> {
        self.repeatable(&(), |connection, ()| Box::pin(list(connection))).await
    }

    async fn add(&self, epoch: KeyEpoch, audit: AuditEvent) -> Result<Vec<KeyEpoch>, StoreError> {
        self.transaction(&(epoch, audit), |connection, (epoch, audit)| Box::pin(add(connection, epoch, audit))).await
    }

    async fn retire(&self, epoch: EpochId, now: Timestamp, audit: AuditEvent) -> Result<RetireOutcome, StoreError> {
        self.transaction(&(epoch, now, audit), |connection, (epoch, now, audit)| {
            Box::pin(retire(connection, *epoch, *now, audit))
        })
        .await
    }
}

async fn list(connection: &mut PgConnection) -> QueryResult<Vec<KeyEpoch>> {
    let epochs = key_epochs::table.order(key_epochs::id).select(EpochRow::as_select());
    let rows: Vec<EpochRow> = epochs.load(connection).await?;
    rows.into_iter().map(decode).collect()
}

/// Waits for whoever adds the same number at the same time.
async fn add(
    connection: &mut PgConnection,
    epoch: &KeyEpoch,
    audit: &AuditEvent,
) -> Result<Vec<KeyEpoch>, Abort<Vec<KeyEpoch>>> {
    let insert = insert_into(key_epochs::table).values(EpochRow::encode(epoch));
    if insert.on_conflict(key_epochs::id).do_nothing().execute(connection).await? > 0 {
        insert_audit(connection, audit).await?;
    }
    Ok(list(connection).await?)
}

/// All epochs are locked, in order, so that of two that are retired at once each sees the other.
async fn retire(
    connection: &mut PgConnection,
    id: EpochId,
    now: Timestamp,
    audit: &AuditEvent,
) -> Result<RetireOutcome, Abort<RetireOutcome>> {
    let rows = key_epochs::table.order(key_epochs::id).select(EpochRow::as_select()).for_update();
    let rows: Vec<EpochRow> = rows.load(connection).await?;
    let epochs = rows.into_iter().map(decode::<KeyEpoch, _>).collect::<QueryResult<Vec<_>>>()?;
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
