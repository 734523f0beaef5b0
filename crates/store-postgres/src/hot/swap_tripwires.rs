use diesel::{
    QueryResult, sql_query,
    sql_types::{Array, Nullable, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::Timestamp;
use doorward_limit::{Tripwire, Wire};

use crate::{connection::PgConnection, rows::stored};

/// States to put in place of those that they follow from.
pub(crate) struct Swap {
    /// The states that were read.
    pub(crate) seen: Vec<(Wire, Tripwire)>,
    /// What each comes to, in the same order.
    pub(crate) changed: Vec<(Wire, Tripwire)>,
    /// When the wires were last sent to, if they were now.
    pub(crate) touched_at: Option<Timestamp>,
}

/// Writes all states, if every wire still is as it was seen, or none; tells whether it was.
pub(crate) async fn swap_tripwires(connection: &mut PgConnection, swap: &Swap) -> QueryResult<bool> {
    let Swap { seen, changed, touched_at } = swap;
    let texts = |states: &[(Wire, Tripwire)]| states.iter().map(|(_, state)| state.to_text()).collect::<Vec<_>>();
    let sql = sql_query(include_str!("swap_tripwires.sql"))
        .bind::<Array<Text>, _>(seen.iter().map(|(wire, _)| wire.kind.as_str()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(seen.iter().map(|(wire, _)| wire.subject.as_str()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(texts(seen))
        .bind::<Array<Text>, _>(texts(changed))
        .bind::<Nullable<Timestamptz>, _>(touched_at.map(stored));
    Ok(sql.execute(connection).await? == seen.len())
}
