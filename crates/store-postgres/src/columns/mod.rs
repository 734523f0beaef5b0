//! Values of many rows as arrays, one for each column, for statements that write what several calls ask for.

mod audit;
mod challenges;
mod messages;
mod sessions;

use diesel::{
    define_sql_function,
    pg::Pg,
    query_builder::{BoxedSqlQuery, SqlQuery},
    sql_types::Timestamptz,
};

pub(crate) use audit::AuditColumns;
pub(crate) use challenges::ChallengeColumns;
pub(crate) use messages::MessageColumns;
pub(crate) use sessions::SessionColumns;

/// SQL whose `$1`, `$2`, … are bound in their order.
pub(crate) type Sql<'a> = BoxedSqlQuery<'a, Pg, SqlQuery>;

define_sql_function! {
    /// The later of two instants.
    #[sql_name = "greatest"]
    fn later(one: Timestamptz, other: Timestamptz) -> Timestamptz;
}
