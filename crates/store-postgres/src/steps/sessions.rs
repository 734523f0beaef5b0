use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid};
use doorward_kernel::{SessionId, Timestamp, UserId};
use doorward_session::Session;

use crate::{rows::stored, sql::Sql};

const INSERT: &str = "INSERT INTO sessions (id, user_id, carrier, generation, rotated_at, methods, auth_time, \
    created_at, last_seen_at, device, network, ended_at) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12";

/// Writes a session.
pub(crate) fn insert(session: &Session) -> Sql<'_> {
    Sql::new(INSERT)
        .bind::<Uuid, _>(session.id.as_uuid())
        .bind::<Uuid, _>(session.user.as_uuid())
        .bind::<Text, _>(session.carrier.as_str())
        .bind::<BigInt, _>(i64::from(session.generation.0))
        .bind::<Timestamptz, _>(stored(session.rotated_at))
        .bind::<Text, _>(session.methods.to_text())
        .bind::<Timestamptz, _>(stored(session.auth_time))
        .bind::<Timestamptz, _>(stored(session.created_at))
        .bind::<Timestamptz, _>(stored(session.last_seen_at))
        .bind::<Nullable<Text>, _>(session.client.device.as_deref())
        .bind::<Nullable<Text>, _>(session.client.network.as_deref())
        .bind::<Nullable<Timestamptz>, _>(session.ended_at.map(stored))
}

/// Ends the session if nobody has; its row tells.
pub(crate) fn end<'a>(session: SessionId, now: Timestamp) -> Sql<'a> {
    Sql::new("UPDATE sessions SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL RETURNING id")
        .bind::<Uuid, _>(session.as_uuid())
        .bind::<Timestamptz, _>(stored(now))
}

/// Ends the sessions of the account, but for the one that goes on.
pub(crate) fn end_all<'a>(user: UserId, kept: Option<SessionId>, now: Timestamp) -> Sql<'a> {
    Sql::new("UPDATE sessions SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL AND id IS DISTINCT FROM $3")
        .bind::<Uuid, _>(user.as_uuid())
        .bind::<Timestamptz, _>(stored(now))
        .bind::<Nullable<Uuid>, _>(kept.map(SessionId::as_uuid))
}
