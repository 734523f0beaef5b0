use diesel::{
    data_types::PgTimestamp,
    sql_types::{Array, Nullable, Text, Timestamptz, Uuid},
};
use doorward_kernel::{AuditEvent, ChallengeId, SessionId, UserId};

use super::Sql;
use crate::rows::stored;

/// Events, in columns.
#[derive(Default)]
pub(crate) struct AuditColumns {
    ids: Vec<uuid::Uuid>,
    instants: Vec<PgTimestamp>,
    kinds: Vec<&'static str>,
    users: Vec<Option<uuid::Uuid>>,
    sessions: Vec<Option<uuid::Uuid>>,
    challenges: Vec<Option<uuid::Uuid>>,
}

impl AuditColumns {
    /// The next six values: id, at, kind, user_id, session_id, challenge_id.
    pub(crate) fn bind(self, sql: Sql<'_>) -> Sql<'_> {
        sql.bind::<Array<Uuid>, _>(self.ids)
            .bind::<Array<Timestamptz>, _>(self.instants)
            .bind::<Array<Text>, _>(self.kinds)
            .bind::<Array<Nullable<Uuid>>, _>(self.users)
            .bind::<Array<Nullable<Uuid>>, _>(self.sessions)
            .bind::<Array<Nullable<Uuid>>, _>(self.challenges)
    }
}

impl<'e> FromIterator<&'e AuditEvent> for AuditColumns {
    fn from_iter<I: IntoIterator<Item = &'e AuditEvent>>(events: I) -> Self {
        let mut columns = Self::default();
        for event in events {
            columns.ids.push(event.id.as_uuid());
            columns.instants.push(stored(event.at));
            columns.kinds.push(event.kind.as_str());
            columns.users.push(event.user.map(UserId::as_uuid));
            columns.sessions.push(event.session.map(SessionId::as_uuid));
            columns.challenges.push(event.challenge.map(ChallengeId::as_uuid));
        }
        columns
    }
}
