use diesel::{
    QueryResult,
    data_types::PgTimestamp,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    result::Error,
    serialize::ToSql,
    sql_types::{
        self, Array, BigInt, Binary, Bool, HasSqlType, Integer, Nullable, SmallInt, Text, Timestamptz, Untyped,
    },
};
use uuid::Uuid;

/// A statement written as SQL, whose values have names: `$now` stands for the one that is bound as `now`.
///
/// Rows stand in an `INSERT` behind the name of their table, for its columns and a `SELECT new.*` of them.
pub(crate) struct Sql<'a> {
    text: &'static str,
    values: Vec<(&'static str, Part<'a>)>,
}

type Part<'a> = Box<dyn QueryFragment<Pg> + Send + 'a>;

/// A value of a known type.
pub(crate) trait Value {
    /// The type of its column.
    type Column: 'static;
}

/// A row of which a statement writes any number, each column as an array.
pub(crate) trait Batched: Sized {
    /// The names of the columns.
    fn names() -> Vec<&'static str>;

    /// The values of each column.
    fn unzip(rows: &[Self]) -> Vec<Part<'static>>;
}

/// Says of a row which of its fields are columns.
macro_rules! batched {
    ($row:ty: $($($field:ident).+),+) => {
        impl $crate::sql::Batched for $row {
            fn names() -> Vec<&'static str> {
                vec![$(stringify!($($field).+)),+].into_iter().filter_map(|field| field.rsplit([' ', '.']).next()).collect()
            }

            fn unzip(rows: &[Self]) -> Vec<Box<dyn diesel::query_builder::QueryFragment<diesel::pg::Pg> + Send>> {
                vec![$($crate::sql::bound(rows.iter().map(|row| row.$($field).+.clone()).collect::<Vec<_>>())),+]
            }
        }
    };
}
pub(crate) use batched;

struct Bound<V>(V);

struct Rows {
    names: Vec<&'static str>,
    columns: Vec<Part<'static>>,
}

impl<'a> Sql<'a> {
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { text, values: Vec::new() }
    }

    /// Binds a value as that name.
    pub(crate) fn bind<V>(mut self, name: &'static str, value: V) -> Self
    where
        V: Value + ToSql<V::Column, Pg> + Send + 'a,
        Pg: HasSqlType<V::Column>,
    {
        self.values.push((name, bound(value)));
        self
    }

    /// Binds a value of each call, as an array.
    pub(crate) fn each<C, V>(
        self,
        name: &'static str,
        calls: impl IntoIterator<Item = C>,
        value: impl Fn(C) -> V,
    ) -> Self
    where
        V: Value + Send + 'a,
        Vec<V>: ToSql<Array<V::Column>, Pg>,
        Pg: HasSqlType<Array<V::Column>>,
    {
        self.bind(name, calls.into_iter().map(value).collect::<Vec<_>>())
    }

    /// Binds rows as the name of their table.
    pub(crate) fn rows<R: Batched>(mut self, table: &'static str, rows: impl IntoIterator<Item = R>) -> Self {
        let rows: Vec<R> = rows.into_iter().collect();
        self.values.push((table, Box::new(Rows { names: R::names(), columns: R::unzip(&rows) })));
        self
    }
}

pub(crate) fn bound<'a, V>(value: V) -> Part<'a>
where
    V: Value + ToSql<V::Column, Pg> + Send + 'a,
    Pg: HasSqlType<V::Column>,
{
    Box::new(Bound(value))
}

impl Query for Sql<'_> {
    type SqlType = Untyped;
}

impl QueryId for Sql<'_> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for Sql<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut pieces = self.text.split('$');
        out.push_sql(pieces.next().unwrap_or_default());
        for piece in pieces {
            let end = piece.find(|letter: char| !letter.is_ascii_lowercase() && letter != '_').unwrap_or(piece.len());
            let (name, text) = piece.split_at(end);
            let value = self.values.iter().find(|(bound, _)| *bound == name);
            let unbound = || Error::QueryBuilderError(format!("${name} is not bound").into());
            value.ok_or_else(unbound)?.1.walk_ast(out.reborrow())?;
            out.push_sql(text);
        }
        Ok(())
    }
}

impl QueryFragment<Pg> for Rows {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let names = self.names.join(", ");
        out.push_sql(&format!("({names}) SELECT new.* FROM unnest("));
        for (place, column) in self.columns.iter().enumerate() {
            out.push_sql(if place == 0 { "" } else { ", " });
            column.walk_ast(out.reborrow())?;
        }
        out.push_sql(&format!(") AS new ({names})"));
        Ok(())
    }
}

impl<V> QueryFragment<Pg> for Bound<V>
where
    V: Value + ToSql<V::Column, Pg>,
    Pg: HasSqlType<V::Column>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param::<V::Column, _>(&self.0)?;
        Ok(())
    }
}

macro_rules! values {
    ($($value:ty => $column:ty)*) => {$(
        impl Value for $value {
            type Column = $column;
        }
    )*};
}

values! {
    bool => Bool
    i16 => SmallInt
    i32 => Integer
    i64 => BigInt
    &str => Text
    String => Text
    &[u8] => Binary
    Vec<u8> => Binary
    PgTimestamp => Timestamptz
    Uuid => sql_types::Uuid
}

impl<V: Value> Value for Option<V> {
    type Column = Nullable<V::Column>;
}

impl<V: Value> Value for Vec<V> {
    type Column = Array<V::Column>;
}

#[cfg(test)]
mod tests {
    use diesel::{debug_query, pg::Pg};

    use super::Sql;

    #[derive(Clone)]
    struct Row {
        key: Key,
        count: i64,
    }

    #[derive(Clone)]
    struct Key {
        id: i32,
    }

    batched!(Row: key.id, count);

    fn text(sql: &Sql<'_>) -> String {
        debug_query::<Pg, _>(sql).to_string()
    }

    #[test]
    fn a_value_stands_wherever_its_name_does() {
        let sql =
            Sql::new("SELECT $one, ($others)[1], $one::text").bind("one", 7_i64).each("others", [1, 2], |n| n + 1);

        assert_eq!(text(&sql), "SELECT $1, ($2)[1], $3::text -- binds: [7, [2, 3], 7]");
    }

    #[test]
    fn rows_stand_behind_the_name_of_their_table_each_column_as_an_array() {
        let rows = [Row { key: Key { id: 1 }, count: 5 }, Row { key: Key { id: 2 }, count: 6 }];

        let sql = Sql::new("INSERT INTO counts $counts WHERE $is_open").rows("counts", rows).bind("is_open", true);

        let expected = "INSERT INTO counts (id, count) SELECT new.* FROM unnest($1, $2) AS new (id, count) WHERE $3 \
            -- binds: [[1, 2], [5, 6], true]";
        assert_eq!(text(&sql), expected);
    }
}
