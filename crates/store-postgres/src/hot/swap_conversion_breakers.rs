use diesel::QueryResult;
use diesel_async::RunQueryDsl;
use doorward_kernel::Timestamp;
use doorward_limit::{ConversionBreaker, SmsDestination};

use crate::{columns::stored, connection::PgConnection, sql::Sql};

/// States to put in place of those that they follow from.
pub(crate) struct Swap {
    /// The states that were read.
    pub(crate) seen: Vec<(SmsDestination, ConversionBreaker)>,
    /// The new state of each, in the same order.
    pub(crate) changed: Vec<(SmsDestination, ConversionBreaker)>,
    /// When the destinations were last sent to, if they were now.
    pub(crate) touched_at: Option<Timestamp>,
}

/// Writes all states, if every destination still is as it was seen, or none; returns whether it was.
pub(crate) async fn swap_conversion_breakers(connection: &mut PgConnection, swap: &Swap) -> QueryResult<bool> {
    let Swap { seen, changed, touched_at } = swap;
    let sql = Sql::new(include_str!("swap_conversion_breakers.sql"))
        .each("kinds", seen, |(destination, _)| destination.kind())
        .each("subjects", seen, |(destination, _)| destination.subject())
        .each("seen", seen, |(_, state)| state.to_text())
        .each("changed", changed, |(_, state)| state.to_text())
        .bind("touched_at", touched_at.map(stored));
    Ok(sql.execute(connection).await? == seen.len())
}
