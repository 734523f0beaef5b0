use diesel::QueryResult;
use diesel_async::RunQueryDsl;
use doorward_notifier::Settlement;

use crate::{connection::PgConnection, sql::Statement, steps::settlements::settle};

/// Settles every message; none twice.
pub(super) async fn settle_messages(connection: &mut PgConnection, calls: &[Settlement]) -> QueryResult<Vec<()>> {
    if let Some(statement) = Statement::all(settle(calls)) {
        statement.execute(connection).await?;
    }
    Ok(calls.iter().map(|_| ()).collect())
}
