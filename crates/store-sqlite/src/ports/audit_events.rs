use async_trait::async_trait;
use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, alias, delete};
use doorward_kernel::{AuditEvents, StoreError, Timestamp};

use crate::{SqliteStore, schema::audit_events};

#[async_trait]
impl AuditEvents for SqliteStore {
    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(move |connection| Ok(forget(connection, before, limit)?)).await
    }
}

fn forget(connection: &mut SqliteConnection, before: Timestamp, limit: u32) -> QueryResult<u64> {
    let old = alias!(audit_events as old);
    let rows = old
        .filter(old.field(audit_events::at).lt(before.as_micros()))
        .order(old.field(audit_events::at))
        .limit(limit.into())
        .select(old.field(audit_events::id));
    let forgotten = delete(audit_events::table.filter(audit_events::id.eq_any(rows))).execute(connection)?;
    Ok(u64::try_from(forgotten).unwrap_or(u64::MAX))
}
