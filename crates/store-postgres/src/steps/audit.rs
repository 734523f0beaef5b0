use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid};
use doorward_kernel::{AuditEvent, ChallengeId, SessionId, UserId};

use crate::{rows::stored, sql::Sql};

/// Writes an event.
pub(crate) fn insert(event: &AuditEvent) -> Sql<'_> {
    Sql::new(
        "INSERT INTO audit_events (id, at, kind, user_id, session_id, challenge_id) \
         SELECT $1, $2, $3, $4, $5, $6",
    )
    .bind::<Uuid, _>(event.id.as_uuid())
    .bind::<Timestamptz, _>(stored(event.at))
    .bind::<Text, _>(event.kind.as_str())
    .bind::<Nullable<Uuid>, _>(event.user.map(UserId::as_uuid))
    .bind::<Nullable<Uuid>, _>(event.session.map(SessionId::as_uuid))
    .bind::<Nullable<Uuid>, _>(event.challenge.map(ChallengeId::as_uuid))
}
