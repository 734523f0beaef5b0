use diesel::{
    QueryResult, sql_query,
    sql_types::{Array, Nullable, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::Timestamp;
use doorward_limit::{ConversionBreaker, SmsDestination};

use crate::{columns::stored, connection::PgConnection};

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
    let texts = |states: &[(SmsDestination, ConversionBreaker)]| {
        states.iter().map(|(_, state)| state.to_text()).collect::<Vec<_>>()
    };
    let sql = sql_query(include_str!("swap_conversion_breakers.sql"))
        .bind::<Array<Text>, _>(seen.iter().map(|(destination, _)| destination.kind()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(seen.iter().map(|(destination, _)| destination.subject()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(texts(seen))
        .bind::<Array<Text>, _>(texts(changed))
        .bind::<Nullable<Timestamptz>, _>(touched_at.map(stored));
    Ok(sql.execute(connection).await? == seen.len())
}
