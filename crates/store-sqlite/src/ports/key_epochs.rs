use async_trait::async_trait;
use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper, SqliteConnection, insert_into};
use doorward_kernel::{KeyEpoch, KeyEpochs, StoreError};

use crate::{SqliteStore, rows::EpochRow, schema::key_epochs};

#[async_trait]
impl KeyEpochs for SqliteStore {
    async fn list(&self) -> Result<Vec<KeyEpoch>, StoreError> {
        self.read(list)
    }

    async fn add(&self, epoch: KeyEpoch) -> Result<Vec<KeyEpoch>, StoreError> {
        self.write(move |connection| Ok(add(connection, &epoch)?)).await
    }
}

fn list(connection: &mut SqliteConnection) -> QueryResult<Vec<KeyEpoch>> {
    let rows = key_epochs::table.order(key_epochs::id.asc()).select(EpochRow::as_select()).load(connection)?;
    rows.into_iter().map(EpochRow::decode).collect()
}

fn add(connection: &mut SqliteConnection, epoch: &KeyEpoch) -> QueryResult<Vec<KeyEpoch>> {
    let insert = insert_into(key_epochs::table).values(EpochRow::encode(epoch));
    insert.on_conflict(key_epochs::id).do_nothing().execute(connection)?;
    list(connection)
}
