use diesel::{QueryResult, sql_query};
use diesel_async::RunQueryDsl;
use doorward_kernel::AuditEvent;

use crate::{columns::AuditColumns, connection::PgConnection};

const INSERT: &str = "INSERT INTO audit_events (id, at, kind, user_id, session_id, challenge_id) \
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6)";

pub(crate) async fn insert_audit(connection: &mut PgConnection, event: &AuditEvent) -> QueryResult<()> {
    let event = [event].into_iter().collect::<AuditColumns>();
    event.bind(sql_query(INSERT).into_boxed()).execute(connection).await?;
    Ok(())
}
