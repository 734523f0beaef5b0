use std::marker::PhantomData;

use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, QueryFragment},
    result::Error,
    serialize::ToSql,
    sql_types::HasSqlType,
};

type Fragment<'a> = Box<dyn QueryFragment<Pg> + Send + Sync + 'a>;

/// Constant SQL whose `$1`, `$2`, … are its own, whatever it becomes a part of.
pub(crate) struct Sql<'a> {
    text: &'static str,
    values: Vec<Fragment<'a>>,
    guard: Option<&'static str>,
}

struct Value<ST, T>(T, PhantomData<fn() -> ST>);

impl<'a> Sql<'a> {
    /// A text without values yet.
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { text, values: Vec::new(), guard: None }
    }

    /// The value of the next number.
    pub(crate) fn bind<ST, T>(mut self, value: T) -> Self
    where
        Pg: HasSqlType<ST>,
        ST: 'a,
        T: ToSql<ST, Pg> + Send + Sync + 'a,
    {
        self.values.push(Box::new(Value::<ST, T>(value, PhantomData)));
        self
    }

    /// Does the thing only if the named part of the statement has a row.
    pub(crate) const fn guarded_by(mut self, part: &'static str) -> Self {
        self.guard = Some(part);
        self
    }

    fn value(&self, digits: &str) -> QueryResult<&Fragment<'a>> {
        let index = digits.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let value = index.and_then(|index| self.values.get(index));
        value.ok_or_else(|| Error::QueryBuilderError(format!("${digits} has no value").into()))
    }
}

impl QueryFragment<Pg> for Sql<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut pieces = self.text.split('$');
        out.push_sql(pieces.next().unwrap_or_default());
        for piece in pieces {
            let end = piece.find(|c: char| !c.is_ascii_digit()).unwrap_or(piece.len());
            let (digits, rest) = piece.split_at(end);
            self.value(digits)?.walk_ast(out.reborrow())?;
            out.push_sql(rest);
        }
        if let Some(guard) = self.guard {
            out.push_sql(" FROM ");
            out.push_sql(guard);
        }
        Ok(())
    }
}

impl<ST, T> QueryFragment<Pg> for Value<ST, T>
where
    Pg: HasSqlType<ST>,
    T: ToSql<ST, Pg>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param(&self.0)
    }
}
