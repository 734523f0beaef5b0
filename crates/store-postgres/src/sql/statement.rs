use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::Untyped,
};

use super::Sql;

/// Parts beyond which a statement is too rare to be kept prepared: a number with many holders changed hands.
const COMMON: usize = 12;

/// One statement of several parts (`WITH … AS (…)`), done all or nothing.
///
/// No part sees what another one writes: what depends on a guard must be
/// [guarded by it](Sql::guarded_by), never look at the table again.
/// Its text is kept as a prepared statement of the connection, which `diesel::sql_query` is not.
pub(crate) struct Statement<'a> {
    parts: Vec<(Option<&'static str>, Sql<'a>)>,
    last: Sql<'a>,
}

/// The parts of a statement that has no end yet.
pub(crate) struct Parts<'a>(Vec<(Option<&'static str>, Sql<'a>)>);

impl<'a> Statement<'a> {
    /// A statement without parts.
    pub(crate) const fn one(sql: Sql<'a>) -> Self {
        Self { parts: Vec::new(), last: sql }
    }

    /// Begins with a part that others name.
    pub(crate) fn with(name: &'static str, sql: Sql<'a>) -> Parts<'a> {
        Parts(vec![(Some(name), sql)])
    }

    /// A statement of parts that none names; `None` without any.
    pub(crate) fn all(mut parts: Vec<Sql<'a>>) -> Option<Self> {
        let last = parts.pop()?;
        Some(Parts(Vec::new()).and(parts).then(last))
    }
}

impl<'a> Parts<'a> {
    /// Adds a part that others name.
    pub(crate) fn with(mut self, name: &'static str, sql: Sql<'a>) -> Self {
        self.0.push((Some(name), sql));
        self
    }

    /// Adds parts that none names.
    pub(crate) fn and(mut self, parts: impl IntoIterator<Item = Sql<'a>>) -> Self {
        self.0.extend(parts.into_iter().map(|sql| (None, sql)));
        self
    }

    /// Ends with what the statement gives or does last.
    pub(crate) fn then(self, last: Sql<'a>) -> Statement<'a> {
        Statement { parts: self.0, last }
    }
}

impl QueryFragment<Pg> for Statement<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if self.parts.len() > COMMON {
            out.unsafe_to_cache_prepared();
        }
        for (index, (name, sql)) in self.parts.iter().enumerate() {
            out.push_sql(if index == 0 { "WITH " } else { ", " });
            match name {
                Some(name) => out.push_sql(name),
                None => out.push_sql(&format!("part_{index}")),
            }
            out.push_sql(" AS (");
            sql.walk_ast(out.reborrow())?;
            out.push_sql(")");
        }
        out.push_sql(" ");
        self.last.walk_ast(out)
    }
}

impl QueryId for Statement<'_> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement<'_> {
    type SqlType = Untyped;
}

#[cfg(test)]
mod tests {
    use diesel::{debug_query, pg::Pg, sql_types::Integer};

    use super::{Sql, Statement};

    #[test]
    fn every_part_counts_its_values_from_one() {
        let guard =
            Sql::new("UPDATE a SET x = $2 WHERE x = $1 RETURNING x").bind::<Integer, _>(1).bind::<Integer, _>(2);
        let write = Sql::new("INSERT INTO b SELECT $1").bind::<Integer, _>(3).guarded_by("guard");

        let statement = Statement::with("guard", guard).and([write]).then(Sql::new("SELECT x FROM guard"));

        assert_eq!(
            debug_query::<Pg, _>(&statement).to_string(),
            "WITH guard AS (UPDATE a SET x = $1 WHERE x = $2 RETURNING x), \
             part_1 AS (INSERT INTO b SELECT $3 FROM guard) SELECT x FROM guard -- binds: [2, 1, 3]"
        );
    }
}
