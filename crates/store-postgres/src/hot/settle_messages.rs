use diesel::{
    QueryResult,
    data_types::PgTimestamp,
    sql_query,
    sql_types::{Array, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::Timestamp;
use doorward_notifier::{Settlement, Verdict};

use crate::{connection::PgConnection, rows::stored};

/// Settles every message; none twice.
///
/// The transaction is not flushed on its own: what a server that loses power forgets of its last moments is a
/// message that is sent once more when its lease ends, as when its worker dies before it settles.
pub(crate) async fn settle_messages(connection: &mut PgConnection, calls: &[Settlement]) -> QueryResult<Vec<()>> {
    let verdicts: Vec<_> = calls.iter().map(|call| verdict(&call.verdict)).collect();
    let sql = sql_query(include_str!("settle_messages.sql"))
        .bind::<Array<Uuid>, _>(calls.iter().map(|call| call.id.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(calls.iter().map(|call| stored(call.leased_until)).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(verdicts.iter().map(|verdict| verdict.0).collect::<Vec<_>>())
        .bind::<Array<Nullable<Timestamptz>>, _>(verdicts.iter().map(|verdict| verdict.1).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(verdicts.into_iter().map(|verdict| verdict.2).collect::<Vec<_>>());
    sql.execute(connection).await?;
    Ok(calls.iter().map(|_| ()).collect())
}

/// The name of a verdict, its instant and its reason.
fn verdict(verdict: &Verdict) -> (&'static str, Option<PgTimestamp>, Option<String>) {
    let at = |instant: &Timestamp| Some(stored(*instant));
    match verdict {
        Verdict::Done => ("done", None, None),
        Verdict::Retry { at: next, reason } => ("retry", at(next), Some(storable(reason))),
        Verdict::Wait { until } => ("wait", at(until), None),
        Verdict::Dead { at: since, reason } => ("dead", at(since), Some(storable(reason))),
    }
}

/// What a provider said, without what a text column refuses.
fn storable(reason: &str) -> String {
    reason.replace('\0', "")
}
