use async_trait::async_trait;
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::RunQueryDsl;
use doorward_kernel::{AuditEvents, StoreError, Timestamp};

use crate::{
    PgStore,
    rows::stored,
    sql::{Sql, Statement},
};

#[async_trait]
impl AuditEvents for PgStore {
    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.once(&(before, limit), |connection, (before, limit)| {
            Box::pin(async {
                // Leaves out what another node is sweeping already.
                let forget = Sql::new(
                    "DELETE FROM audit_events WHERE id IN ( \
                         SELECT id FROM audit_events WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED)",
                );
                let forget = forget.bind::<Timestamptz, _>(stored(*before)).bind::<BigInt, _>(i64::from(*limit));
                let forgotten = Statement::one(forget).execute(connection).await?;
                Ok(u64::try_from(forgotten).unwrap_or(u64::MAX))
            })
        })
        .await
    }
}
