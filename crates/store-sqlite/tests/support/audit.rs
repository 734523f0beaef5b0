use std::path::{Path, PathBuf};

use async_trait::async_trait;
use diesel::{
    Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query,
    sql_types::{BigInt, Binary, Nullable, Text},
};
use doorward_kernel::{AuditEvent, AuditKind, ChallengeId, EventId, SessionId, Timestamp, UserId};
use doorward_testkit::AuditLog;

/// The audit events of a file, which no port shows.
pub(crate) struct Events(PathBuf);

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    at: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Nullable<Binary>)]
    user_id: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    session_id: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    challenge_id: Option<Vec<u8>>,
}

impl Events {
    pub(crate) fn of(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

#[async_trait]
impl AuditLog for Events {
    async fn events(&self) -> Vec<AuditEvent> {
        let mut connection = SqliteConnection::establish(self.0.to_str().unwrap()).unwrap();
        let rows: Vec<Row> = sql_query("SELECT * FROM audit_events ORDER BY at, id").load(&mut connection).unwrap();
        rows.into_iter().map(event).collect()
    }
}

fn event(row: Row) -> AuditEvent {
    let kind = AuditKind::ALL.iter().copied().find(|kind| kind.as_str() == row.kind).unwrap();
    AuditEvent {
        id: EventId::from_bytes(bytes(row.id)),
        at: Timestamp::from_micros(row.at),
        kind,
        user: row.user_id.map(bytes).map(UserId::from_bytes),
        session: row.session_id.map(bytes).map(SessionId::from_bytes),
        challenge: row.challenge_id.map(bytes).map(ChallengeId::from_bytes),
    }
}

fn bytes(column: Vec<u8>) -> [u8; 16] {
    column.try_into().unwrap()
}
