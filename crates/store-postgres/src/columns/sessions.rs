use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid};
use doorward_session::Session;

use super::Sql;
use crate::rows::stored;

/// Sessions, in columns.
pub(crate) struct SessionColumns<'s>(Vec<&'s Session>);

impl<'s> FromIterator<&'s Session> for SessionColumns<'s> {
    fn from_iter<I: IntoIterator<Item = &'s Session>>(sessions: I) -> Self {
        Self(sessions.into_iter().collect())
    }
}

impl<'s> SessionColumns<'s> {
    /// The next 14 values, in the order of `open_sessions.sql`.
    pub(crate) fn bind(self, sql: Sql<'s>) -> Sql<'s> {
        sql.bind::<Array<Uuid>, _>(self.all(|session| session.id.as_uuid()))
            .bind::<Array<Uuid>, _>(self.all(|session| session.user.as_uuid()))
            .bind::<Array<Text>, _>(self.all(|session| session.carrier.as_str()))
            .bind::<Array<BigInt>, _>(self.all(|session| i64::from(session.generation.0)))
            .bind::<Array<Timestamptz>, _>(self.all(|session| stored(session.rotated_at)))
            .bind::<Array<Text>, _>(self.all(|session| session.methods.to_text()))
            .bind::<Array<Timestamptz>, _>(self.all(|session| stored(session.auth_time)))
            .bind::<Array<Timestamptz>, _>(self.all(|session| stored(session.created_at)))
            .bind::<Array<Timestamptz>, _>(self.all(|session| stored(session.last_seen_at)))
            .bind::<Array<Nullable<Text>>, _>(self.all(|session| session.client.device.as_deref()))
            .bind::<Array<Nullable<Text>>, _>(self.all(|session| session.client.network.as_deref()))
            .bind::<Array<Nullable<Timestamptz>>, _>(self.all(|session| session.ended_at.map(stored)))
            .bind::<Array<Nullable<Timestamptz>>, _>(self.all(|session| session.fell_back_at.map(stored)))
            .bind::<Array<Text>, _>(self.all(|session| session.scope.as_str()))
    }

    fn all<T>(&self, value: impl Fn(&'s Session) -> T) -> Vec<T> {
        self.0.iter().map(|session| value(session)).collect()
    }
}
