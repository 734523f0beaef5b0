use std::sync::Arc;

use doorward_kernel::{AuditEvent, AuditKind, Clock, EventId, MessageId, Random, Timestamp};

/// Clock and id generator.
#[derive(Clone)]
pub struct ClockAndIds {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids unguessable.
    pub random: Arc<dyn Random>,
}

impl ClockAndIds {
    /// The time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn message_id(&self, now: Timestamp) -> MessageId {
        MessageId::mint(now, &*self.random)
    }

    /// An event that concerns nobody yet.
    pub(crate) fn event(&self, kind: AuditKind, now: Timestamp) -> AuditEvent {
        AuditEvent { id: EventId::mint(now, &*self.random), at: now, kind, user: None, session: None, challenge: None }
    }
}
