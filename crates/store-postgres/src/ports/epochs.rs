use async_trait::async_trait;
use diesel::{ExpressionMethods, QueryDsl, QueryResult, SelectableHelper};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use doorward_kernel::{KeyEpoch, KeyEpochs, StoreError};

use crate::{
    PgStore,
    rows::{EpochRow, decode, stored},
    schema::key_epochs,
};

#[async_trait]
impl KeyEpochs for PgStore {
    async fn list(&self) -> Result<Vec<KeyEpoch>, StoreError> {
        self.repeatable(&(), |connection, ()| Box::pin(list(connection))).await
    }

    async fn add(&self, epoch: KeyEpoch) -> Result<Vec<KeyEpoch>, StoreError> {
        // Adding twice is adding once, so a lost connection does no harm.
        self.repeatable(&epoch, |connection, epoch| {
            Box::pin(async {
                add(connection, epoch).await?;
                list(connection).await
            })
        })
        .await
    }
}

async fn list(connection: &mut AsyncPgConnection) -> QueryResult<Vec<KeyEpoch>> {
    let epochs = key_epochs::table.order(key_epochs::id).select(EpochRow::as_select());
    let rows: Vec<EpochRow> = epochs.load(connection).await?;
    rows.into_iter().map(decode).collect()
}

/// Waits for whoever adds the same number at the same time.
async fn add(connection: &mut AsyncPgConnection, epoch: &KeyEpoch) -> QueryResult<usize> {
    diesel::insert_into(key_epochs::table)
        .values((
            key_epochs::id.eq(epoch.id.0),
            key_epochs::salt.eq(epoch.salt.as_slice()),
            key_epochs::not_before.eq(stored(epoch.not_before)),
            key_epochs::retired_at.eq(epoch.retired_at.map(stored)),
        ))
        .on_conflict(key_epochs::id)
        .do_nothing()
        .execute(connection)
        .await
}
