use diesel::{QueryResult, sql_query, sql_types::Text};
use diesel_async::RunQueryDsl;

use crate::connection::PgConnection;

/// Lets flows for one address be started and ended one after another, until the end of the transaction.
pub(crate) async fn await_turn(connection: &mut PgConnection, address_key: &str) -> QueryResult<usize> {
    let lock = sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))").bind::<Text, _>(address_key);
    lock.execute(connection).await
}
