use diesel::{data_types::PgTimestamp, prelude::QueryableByName, sql_types::Timestamptz};
use diesel_async::RunQueryDsl;
use doorward_kernel::{StoreError, Timestamp};

use crate::{
    PgStore,
    rows::instant,
    sql::{Sql, Statement},
};

#[derive(QueryableByName)]
struct NowRow {
    #[diesel(sql_type = Timestamptz)]
    now: PgTimestamp,
}

impl PgStore {
    /// What the database's clock says, which nodes measure their own against.
    pub async fn database_now(&self) -> Result<Timestamp, StoreError> {
        self.repeatable(&(), |connection, ()| {
            Box::pin(async {
                let statement = Statement::one(Sql::new("SELECT clock_timestamp() AS now"));
                let row: NowRow = statement.get_result(connection).await?;
                Ok(instant(row.now))
            })
        })
        .await
    }
}
