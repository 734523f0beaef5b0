use diesel::data_types::PgTimestamp;
use doorward_kernel::{AuditEvent, ChallengeId, SessionId, UserId};
use uuid::Uuid;

use crate::{columns::stored, sql::batched};

pub(crate) struct AuditRow {
    id: Uuid,
    at: PgTimestamp,
    kind: &'static str,
    user_id: Option<Uuid>,
    session_id: Option<Uuid>,
    challenge_id: Option<Uuid>,
}

batched!(AuditRow: id, at, kind, user_id, session_id, challenge_id);

impl AuditRow {
    pub(crate) fn encode(event: &AuditEvent) -> Self {
        Self {
            id: event.id.as_uuid(),
            at: stored(event.at),
            kind: event.kind.as_str(),
            user_id: event.user.map(UserId::as_uuid),
            session_id: event.session.map(SessionId::as_uuid),
            challenge_id: event.challenge.map(ChallengeId::as_uuid),
        }
    }
}
