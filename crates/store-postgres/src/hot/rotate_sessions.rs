use std::collections::HashSet;

use diesel::{QueryResult, prelude::QueryableByName};
use diesel_async::RunQueryDsl;
use doorward_app::sessions::RotateOutcome;
use doorward_kernel::{AuditEvent, SessionId, Timestamp};
use doorward_session::Generation;

use crate::{columns::stored, connection::PgConnection, rows::AuditRow, schema::sessions, sql::Sql};

/// A refresh token to spend for its successor.
#[derive(Clone, Debug)]
pub(crate) struct Rotate {
    pub(crate) session: SessionId,
    pub(crate) from: Generation,
    pub(crate) now: Timestamp,
    pub(crate) audit: AuditEvent,
}

#[derive(QueryableByName)]
#[diesel(table_name = sessions)]
struct RotatedRow {
    id: uuid::Uuid,
}

/// Moves on every session that still is of the generation asked for; no session twice.
pub(super) async fn rotate_sessions(
    connection: &mut PgConnection,
    calls: &[Rotate],
) -> QueryResult<Vec<RotateOutcome>> {
    // One order for all batches, so that two of them seldom wait for each other in a circle.
    let mut ordered: Vec<&Rotate> = calls.iter().collect();
    ordered.sort_unstable_by_key(|rotate| rotate.session);
    let sql = Sql::new(include_str!("rotate_sessions.sql"))
        .each("sessions", &ordered, |rotate| rotate.session.as_uuid())
        .each("generations", &ordered, |rotate| i64::from(rotate.from.0))
        .each("instants", &ordered, |rotate| stored(rotate.now))
        .each("events", &ordered, |rotate| rotate.audit.id.as_uuid())
        .rows("audit_events", ordered.iter().map(|rotate| AuditRow::encode(&rotate.audit)));
    let rows: Vec<RotatedRow> = sql.load(connection).await?;
    let rotated: HashSet<_> = rows.into_iter().map(|row| row.id).collect();
    let is_rotated = |rotate: &Rotate| rotated.contains(&rotate.session.as_uuid());
    let outcome = |rotate| if is_rotated(rotate) { RotateOutcome::Rotated } else { RotateOutcome::Conflict };
    Ok(calls.iter().map(outcome).collect())
}
