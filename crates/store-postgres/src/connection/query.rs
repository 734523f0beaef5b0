use std::{error::Error as StdError, fmt};

use diesel::{
    QueryResult,
    pg::{Pg, PgMetadataLookup, PgQueryBuilder, PgTypeMetadata},
    query_builder::{QueryBuilder, QueryFragment, bind_collector::RawBytesBindCollector},
    result::Error,
};
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, private::BytesMut};

/// A statement with its values, ready to be sent.
pub(super) struct Query {
    pub(super) sql: String,
    pub(super) types: Vec<Type>,
    pub(super) values: Vec<Value>,
}

/// A value in the server's binary form; `None` is NULL.
pub(super) struct Value(Option<Vec<u8>>);

/// The schema has no types of its own.
struct BuiltInTypes;

impl Query {
    /// Writes what Diesel has built.
    pub(super) fn of(fragment: &impl QueryFragment<Pg>) -> QueryResult<Self> {
        let mut text = PgQueryBuilder::default();
        fragment.to_sql(&mut text, &Pg)?;
        let mut collected = RawBytesBindCollector::<Pg>::new();
        fragment.collect_binds(&mut collected, &mut BuiltInTypes, &Pg)?;
        let types = collected.metadata.iter().map(type_of).collect::<QueryResult<_>>()?;
        let values = collected.binds.into_iter().map(Value).collect();
        Ok(Self { sql: text.finish(), types, values })
    }
}

fn type_of(metadata: &PgTypeMetadata) -> QueryResult<Type> {
    let oid = metadata.oid().map_err(|error| Error::SerializationError(Box::new(error)))?;
    let unknown = || Type::new(format!("type {oid}"), oid, Kind::Simple, "pg_catalog".to_owned());
    Ok(Type::from_oid(oid).unwrap_or_else(unknown))
}

impl PgMetadataLookup for BuiltInTypes {
    /// Lets the server tell the type from the place where the value stands.
    fn lookup_type(&mut self, _: &str, _: Option<&str>) -> PgTypeMetadata {
        PgTypeMetadata::new(0, 0)
    }
}

impl ToSql for Value {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match &self.0 {
            Some(bytes) => {
                out.extend_from_slice(bytes);
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    /// Diesel has checked the types.
    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        self.to_sql(ty, out)
    }
}

impl fmt::Debug for Value {
    /// Values may be secret, and the driver shows them at its level `debug`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
