use diesel::{
    backend::Backend,
    define_sql_function,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    result::Error,
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{BigInt, Binary},
    sqlite::Sqlite,
};
use doorward_kernel::{ChallengeId, ChangeId, ClientId, EventId, MessageId, SessionId, Timestamp, UserId};
use doorward_otp::TimeStep;

/// An id as its column holds it: 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Binary)]
pub(crate) struct Id([u8; 16]);

macro_rules! ids {
    ($($name:ident)*) => {$(
        impl From<$name> for Id {
            fn from(id: $name) -> Self {
                Self(id.to_bytes())
            }
        }

        impl From<Id> for $name {
            fn from(id: Id) -> Self {
                Self::from_bytes(id.0)
            }
        }
    )*};
}

ids!(UserId ChallengeId SessionId MessageId EventId ClientId ChangeId);

impl ToSql<Binary, Sqlite> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_slice());
        Ok(IsNull::No)
    }
}

impl FromSql<Binary, Sqlite> for Id {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(value.read_blob().try_into()?))
    }
}

define_sql_function! {
    /// The greater of two numbers.
    #[sql_name = "max"]
    fn later(one: BigInt, other: BigInt) -> BigInt;
}

/// An instant that may not have come, as its column holds it.
pub(crate) fn micros(instant: Option<Timestamp>) -> Option<i64> {
    instant.map(Timestamp::as_micros)
}

/// The error for a column whose value should never have been written.
pub(crate) fn corrupt(column: &'static str) -> Error {
    Error::DeserializationError(format!("{column} holds an unknown value").into())
}

/// A half-minute as its column holds it; they fit for ever.
pub(crate) fn stored_step(step: TimeStep) -> i64 {
    i64::try_from(step.0).unwrap_or(i64::MAX)
}
