use diesel::{QueryResult, RunQueryDsl, SqliteConnection, insert_into};
use doorward_kernel::AuditEvent;

use crate::{rows::AuditRow, schema::audit_events};

pub(crate) fn insert_audit(connection: &mut SqliteConnection, event: &AuditEvent) -> QueryResult<()> {
    insert_into(audit_events::table).values(AuditRow::encode(event)).execute(connection)?;
    Ok(())
}
