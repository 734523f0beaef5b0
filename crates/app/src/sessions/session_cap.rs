use doorward_kernel::{AuditEvent, AuditKind, Timestamp};
use doorward_notifier::{Message, NoticeTemplate};
use doorward_session::{Policy, Session};
use doorward_user::User;

use crate::{ClockAndIds, messages};

/// The session cap: in the step that opens a session, the least recently used ones beyond it end.
///
/// The live sessions beyond `most` end, those first that were not used for the longest time;
/// the new one stays. If any ends, and only then, the notice and the event are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionCap {
    /// The most live sessions, the new one included; at least one.
    pub most: u32,
    /// Sessions not used after this have ended by themselves.
    pub used_after: Timestamp,
    /// Sessions not opened after this have ended by themselves.
    pub opened_after: Timestamp,
    /// The notice to the owner.
    pub notice: Message,
    /// The audit event, with the id of the new session.
    pub audit: AuditEvent,
}

impl SessionCap {
    /// The room for a new session of that account.
    pub(crate) fn new(
        clock_and_ids: &ClockAndIds,
        policy: &Policy,
        owner: &User,
        session: &Session,
        now: Timestamp,
    ) -> Self {
        let (template, id) = (NoticeTemplate::SessionDisplaced, clock_and_ids.message_id(now));
        Self {
            most: policy.max_per_user.max(1),
            used_after: policy.idle_since(now),
            opened_after: policy.opened_since(now),
            notice: messages::notice((&owner.email, owner.locale), template, None, id, now),
            audit: AuditEvent {
                user: Some(owner.id),
                session: Some(session.id),
                ..clock_and_ids.event(AuditKind::SessionDisplaced, now)
            },
        }
    }
}
