use diesel::{QueryResult, sql_query};
use diesel_async::RunQueryDsl;
use doorward_app::flow::Start;

use crate::{
    columns::{AuditColumns, ChallengeColumns, MessageColumns},
    connection::PgConnection,
};

/// Writes every challenge with its message and event.
///
/// Decoys take the same statement, with nothing among its messages.
pub(crate) async fn start_flows(connection: &mut PgConnection, calls: &[Start]) -> QueryResult<Vec<()>> {
    let sql = sql_query(include_str!("start_flows.sql")).into_boxed();
    let sql = calls.iter().map(|start| &start.challenge).collect::<ChallengeColumns<'_>>().bind(sql);
    let messages = calls.iter().filter_map(|start| Some((start.message.as_ref()?, start.leased_until)));
    let sql = messages.collect::<MessageColumns<'_>>().bind(sql);
    let sql = calls.iter().map(|start| &start.audit).collect::<AuditColumns>().bind(sql);
    sql.execute(connection).await?;
    Ok(calls.iter().map(|_| ()).collect())
}
