use std::collections::HashSet;

use diesel::{
    QueryResult,
    prelude::QueryableByName,
    sql_query,
    sql_types::{Array, BigInt, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_app::sessions::RotateOutcome;
use doorward_kernel::{AuditEvent, SessionId, Timestamp};
use doorward_session::Generation;

use crate::{
    columns::{AuditColumns, Sql},
    connection::PgConnection,
    rows::stored,
};

/// A refresh token to spend for its successor.
#[derive(Clone, Debug)]
pub(crate) struct Rotate {
    pub(crate) session: SessionId,
    pub(crate) from: Generation,
    pub(crate) now: Timestamp,
    pub(crate) audit: AuditEvent,
}

#[derive(QueryableByName)]
struct RotatedRow {
    #[diesel(sql_type = Uuid)]
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
    let rows: Vec<RotatedRow> = statement(&ordered).load(connection).await?;
    let rotated: HashSet<_> = rows.into_iter().map(|row| row.id).collect();
    let is_rotated = |rotate: &Rotate| rotated.contains(&rotate.session.as_uuid());
    let outcome = |rotate| if is_rotated(rotate) { RotateOutcome::Rotated } else { RotateOutcome::Conflict };
    Ok(calls.iter().map(outcome).collect())
}

fn statement<'a>(calls: &[&Rotate]) -> Sql<'a> {
    let sql = sql_query(include_str!("rotate_sessions.sql"))
        .into_boxed()
        .bind::<Array<Uuid>, _>(calls.iter().map(|rotate| rotate.session.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(calls.iter().map(|rotate| i64::from(rotate.from.0)).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(calls.iter().map(|rotate| stored(rotate.now)).collect::<Vec<_>>());
    calls.iter().map(|rotate| &rotate.audit).collect::<AuditColumns>().bind(sql)
}
