use diesel::QueryResult;
use diesel_async::RunQueryDsl;
use doorward_kernel::AuditEvent;

use crate::{connection::PgConnection, rows::AuditRow, sql::Sql};

pub(crate) async fn insert_audit(connection: &mut PgConnection, event: &AuditEvent) -> QueryResult<()> {
    let sql = Sql::new("INSERT INTO audit_events $audit_events").rows("audit_events", [AuditRow::encode(event)]);
    sql.execute(connection).await.map(drop)
}
