use diesel::{
    QueryResult, sql_query,
    sql_types::{Nullable, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_app::flow::{Advance, AdvanceOutcome};
use doorward_kernel::UserId;

use crate::{
    columns::{AuditColumns, ChallengeColumns, MessageColumns},
    connection::PgConnection,
    rows::stored,
};

/// Closes an open challenge and writes the one that follows, with its message and event.
pub(crate) async fn advance_flow(connection: &mut PgConnection, advance: &Advance) -> QueryResult<AdvanceOutcome> {
    let Advance { done, next, now } = advance;
    let sql = sql_query(include_str!("advance_flow.sql"))
        .into_boxed()
        .bind::<Uuid, _>(done.as_uuid())
        .bind::<Uuid, _>(next.challenge.id.as_uuid())
        .bind::<Timestamptz, _>(stored(*now))
        .bind::<Nullable<Uuid>, _>(next.challenge.user().map(UserId::as_uuid));
    let sql = [&next.challenge].into_iter().collect::<ChallengeColumns<'_>>().bind(sql);
    let message = next.message.iter().map(|message| (message, next.leased_until));
    let sql = message.collect::<MessageColumns<'_>>().bind(sql);
    let recorded = [&next.audit].into_iter().collect::<AuditColumns>().bind(sql).execute(connection).await?;
    Ok(if recorded > 0 { AdvanceOutcome::Advanced } else { AdvanceOutcome::Closed })
}
