use diesel::{QueryResult, data_types::PgTimestamp};
use diesel_async::RunQueryDsl;
use doorward_kernel::Timestamp;
use doorward_notifier::{DeliveryEnd, Settlement, Verdict};

use crate::{columns::stored, connection::PgConnection, sql::Sql};

/// Settles every message; none twice.
///
/// The transaction is not flushed on its own: what a server that loses power forgets of its last moments is a
/// message that is sent once more when its lease ends, as when its worker dies before it settles.
pub(crate) async fn settle_messages(connection: &mut PgConnection, calls: &[Settlement]) -> QueryResult<Vec<()>> {
    let columns: Vec<_> = calls.iter().map(|call| Columns::of(&call.verdict)).collect();
    let sql = Sql::new(include_str!("settle_messages.sql"))
        .each("ids", calls, |call| call.id.as_uuid())
        .each("leases", calls, |call| stored(call.leased_until))
        .each("verdicts", &columns, |columns| columns.verdict)
        .each("instants", &columns, |columns| columns.at)
        .each("reasons", &columns, |columns| columns.reason.as_deref())
        .each("providers", &columns, |columns| columns.provider)
        .each("references", &columns, |columns| columns.reference)
        .each("outcomes", &columns, |columns| columns.end.map(|end| end.outcome.as_str()))
        .each("outcome_instants", &columns, |columns| columns.end.map(|end| stored(end.at)));
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
}
