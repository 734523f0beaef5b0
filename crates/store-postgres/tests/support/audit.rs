use async_trait::async_trait;
use doorward_kernel::{AuditEvent, AuditKind, ChallengeId, EventId, SessionId, Timestamp, UserId};
use doorward_testkit::{AuditLog, postgres::TestDatabase};
use tokio_postgres::{NoTls, Row};
use uuid::Uuid;

/// Ids as texts and instants as microseconds, so that the driver needs no types of ours.
const EVENTS: &str = "SELECT id::text, (extract(epoch FROM at) * 1000000)::bigint, kind, \
    user_id::text, session_id::text, challenge_id::text FROM audit_events ORDER BY at, id";

/// The audit events of a database, which no port shows.
pub(crate) struct Events(String);

impl Events {
    pub(crate) fn of(database: &TestDatabase) -> Self {
        Self(database.url().to_owned())
    }
}

#[async_trait]
impl AuditLog for Events {
    async fn events(&self) -> Vec<AuditEvent> {
        let (client, connection) = tokio_postgres::connect(&self.0, NoTls).await.unwrap();
        tokio::spawn(connection);
        // So that what reads the whole table is only what the store does.
        client.batch_execute("SET enable_seqscan = off").await.unwrap();
        client.query(EVENTS, &[]).await.unwrap().iter().map(event).collect()
    }
}

fn event(row: &Row) -> AuditEvent {
    let kind: String = row.get(2);
    AuditEvent {
        id: EventId::from_uuid(id(row, 0).unwrap()),
        at: Timestamp::from_micros(row.get(1)),
        kind: AuditKind::ALL.iter().copied().find(|known| known.as_str() == kind).unwrap(),
        user: id(row, 3).map(UserId::from_uuid),
        session: id(row, 4).map(SessionId::from_uuid),
        challenge: id(row, 5).map(ChallengeId::from_uuid),
    }
}

fn id(row: &Row, column: usize) -> Option<Uuid> {
    row.get::<_, Option<String>>(column).map(|text| text.parse().unwrap())
}
