use diesel::Insertable;
use doorward_kernel::AuditEvent;

use crate::{columns::Id, schema::audit_events};

#[derive(Insertable)]
#[diesel(table_name = audit_events, treat_none_as_default_value = false)]
pub(crate) struct AuditRow {
    id: Id,
    at: i64,
    kind: &'static str,
    user_id: Option<Id>,
    session_id: Option<Id>,
    challenge_id: Option<Id>,
}

impl AuditRow {
    pub(crate) fn encode(event: &AuditEvent) -> Self {
        Self {
            id: event.id.into(),
            at: event.at.as_micros(),
            kind: event.kind.as_str(),
            user_id: event.user.map(Id::from),
            session_id: event.session.map(Id::from),
            challenge_id: event.challenge.map(Id::from),
        }
    }
}
