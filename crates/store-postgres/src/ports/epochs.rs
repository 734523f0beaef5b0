use async_trait::async_trait;
use diesel::{
    QueryDsl, QueryResult, SelectableHelper,
    sql_types::{Binary, Integer, Nullable, Timestamptz},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::{AuditEvent, EpochId, KeyEpoch, KeyEpochs, RetireOutcome, StoreError, Timestamp};

use crate::{
    PgStore,
    connection::PgConnection,
    rows::{EpochRow, decode, stored},
    schema::key_epochs,
    sql::{Sql, Statement},
    steps::audit,
    store::Abort,
};

#[async_trait]
impl KeyEpochs for PgStore {
    async fn list(&self) -> Result<Vec<KeyEpoch>, StoreError> {
        self.repeatable(&(), |connection, ()| Box::pin(list(connection))).await
    }

    async fn add(&self, epoch: KeyEpoch, audit: AuditEvent) -> Result<Vec<KeyEpoch>, StoreError> {
        // Adding twice is adding once, so a lost connection does no harm.
        self.repeatable(&(epoch, audit), |connection, (epoch, audit)| {
            Box::pin(async {
                let statement = Statement::with("added", insert(epoch)).then(audit::insert(audit).guarded_by("added"));
                statement.execute(connection).await?;
                list(connection).await
            })
        })
        .await
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
fn insert(epoch: &KeyEpoch) -> Sql<'_> {
    Sql::new(
        "INSERT INTO key_epochs (id, salt, not_before, retired_at, root_check) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (id) DO NOTHING RETURNING id",
    )
    .bind::<Integer, _>(epoch.id.0)
    .bind::<Binary, _>(epoch.salt.as_slice())
    .bind::<Timestamptz, _>(stored(epoch.not_before))
    .bind::<Nullable<Timestamptz>, _>(epoch.retired_at.map(stored))
    .bind::<Nullable<Binary>, _>(epoch.root_check.as_ref().map(<[u8; 32]>::as_slice))
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
    let retired = Sql::new("UPDATE key_epochs SET retired_at = $2 WHERE id = $1 RETURNING id")
        .bind::<Integer, _>(id.0)
        .bind::<Timestamptz, _>(stored(now));
    let statement = Statement::with("retired", retired).then(audit::insert(audit).guarded_by("retired"));
    statement.execute(connection).await?;
    Ok(RetireOutcome::Retired)
}
