use doorward_kernel::{AuditEvent, ChangeId, Timestamp, UserId};
use doorward_notifier::Message;

/// An objection to a pending number or authenticator app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelPending {
    /// The pending change.
    pub pending: ChangeId,
    /// The user.
    pub user: UserId,
    /// The notice to the owner.
    pub notices: Vec<Message>,
    /// When.
    pub now: Timestamp,
    /// The audit event.
    pub audit: AuditEvent,
}
