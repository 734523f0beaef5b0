use diesel::{
    data_types::PgTimestamp,
    prelude::QueryableByName,
    sql_types::{Bool, Timestamptz},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::{StoreError, Timestamp};

use crate::{PgStore, columns::instant, sql::Sql};

#[derive(QueryableByName)]
struct NowRow {
    #[diesel(sql_type = Timestamptz)]
    now: PgTimestamp,
}

#[derive(QueryableByName)]
struct WritableRow {
    #[diesel(sql_type = Bool)]
    is_writable: bool,
}

impl PgStore {
    /// Whether the database takes writes, as a standby does not.
    ///
    /// Otherwise open connections are closed, to look for a server that does.
    pub async fn is_writable(&self) -> Result<bool, StoreError> {
        let is_writable = self
            .read(async |connection| {
                let ask = Sql::new("SELECT current_setting('transaction_read_only') = 'off' AS is_writable");
                let row: WritableRow = ask.get_result(connection).await?;
                Ok(row.is_writable)
            })
            .await?;
        if !is_writable {
            self.leave_server();
        }
        Ok(is_writable)
    }

    /// Returns the time of the database's clock, which nodes measure their own against.
    pub async fn database_now(&self) -> Result<Timestamp, StoreError> {
        self.read(async |connection| {
            let statement = Sql::new("SELECT clock_timestamp() AS now");
            let row: NowRow = statement.get_result(connection).await?;
            Ok(instant(row.now))
        })
        .await
    }
}
