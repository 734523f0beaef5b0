use diesel::QueryResult;
use diesel_async::RunQueryDsl;
use doorward_app::flow::Start;

use crate::{
    connection::PgConnection,
    rows::{AuditRow, ChallengeRow, NewMessageRow},
    sql::Sql,
};

/// Writes every challenge with its message and event.
///
/// Decoys take the same statement, with nothing among its messages.
pub(crate) async fn start_flows(connection: &mut PgConnection, calls: &[Start]) -> QueryResult<Vec<()>> {
    bind_starts(Sql::new(include_str!("start_flows.sql")), calls).execute(connection).await?;
    Ok(calls.iter().map(|_| ()).collect())
}

/// Binds the challenges, their messages and their events.
pub(crate) fn bind_starts<'a>(sql: Sql<'a>, starts: &[Start]) -> Sql<'a> {
    let message = |start: &Start| Some(NewMessageRow::encode(start.message.as_ref()?, start.leased_until));
    sql.rows("challenges", starts.iter().map(|start| ChallengeRow::encode(&start.challenge)))
        .rows("outbox", starts.iter().filter_map(message))
        .rows("audit_events", starts.iter().map(|start| AuditRow::encode(&start.audit)))
}
