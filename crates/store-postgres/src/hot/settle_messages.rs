use diesel::{
    QueryResult,
    data_types::PgTimestamp,
    sql_query,
    sql_types::{Array, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::Timestamp;
use doorward_notifier::{DeliveryEnd, Settlement, Verdict};

use crate::{connection::PgConnection, rows::stored};

/// Settles every message; none twice.
///
/// The transaction is not flushed on its own: what a server that loses power forgets of its last moments is a
/// message that is sent once more when its lease ends, as when its worker dies before it settles.
pub(crate) async fn settle_messages(connection: &mut PgConnection, calls: &[Settlement]) -> QueryResult<Vec<()>> {
    let columns: Vec<_> = calls.iter().map(|call| Columns::of(&call.verdict)).collect();
    let sql = sql_query(include_str!("settle_messages.sql"))
        .bind::<Array<Uuid>, _>(calls.iter().map(|call| call.id.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(calls.iter().map(|call| stored(call.leased_until)).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(columns.iter().map(|columns| columns.verdict).collect::<Vec<_>>())
        .bind::<Array<Nullable<Timestamptz>>, _>(columns.iter().map(|columns| columns.at).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(columns.iter().map(|columns| columns.reason.as_deref()).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(columns.iter().map(|columns| columns.provider).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(columns.iter().map(|columns| columns.reference).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(columns.iter().map(Columns::outcome).collect::<Vec<_>>())
        .bind::<Array<Nullable<Timestamptz>>, _>(columns.iter().map(Columns::outcome_at).collect::<Vec<_>>());
    sql.execute(connection).await?;
    Ok(calls.iter().map(|_| ()).collect())
}

/// A verdict, in columns.
#[derive(Default)]
struct Columns<'v> {
    verdict: &'static str,
    at: Option<PgTimestamp>,
    reason: Option<String>,
    provider: Option<&'v str>,
    reference: Option<&'v str>,
    end: Option<DeliveryEnd>,
}

impl<'v> Columns<'v> {
    fn of(verdict: &'v Verdict) -> Self {
        match verdict {
            Verdict::Done => Self { verdict: "done", ..Self::default() },
            Verdict::Sent { provider, reference, at, end } => Self {
                verdict: "sent",
                at: Some(stored(*at)),
                provider: provider.as_deref(),
                reference: reference.as_deref(),
                end: *end,
                ..Self::default()
            },
            Verdict::Retry { at, reason } => Self::failed("retry", *at, reason),
            Verdict::Wait { until } => Self { verdict: "wait", at: Some(stored(*until)), ..Self::default() },
            Verdict::Dead { at, reason } => Self::failed("dead", *at, reason),
        }
    }

    /// A provider's answer is stored without what a text column refuses.
    fn failed(verdict: &'static str, at: Timestamp, reason: &str) -> Self {
        Self { verdict, at: Some(stored(at)), reason: Some(reason.replace('\0', "")), ..Self::default() }
    }

    fn outcome(&self) -> Option<&'static str> {
        self.end.map(|end| end.outcome.as_str())
    }

    fn outcome_at(&self) -> Option<PgTimestamp> {
        self.end.map(|end| stored(end.at))
    }
}
