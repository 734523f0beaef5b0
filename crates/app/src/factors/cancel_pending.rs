use doorward_kernel::{AuditEvent, ChangeId, Timestamp, UserId};
use doorward_notifier::Message;

/// An objection to a pending number or authenticator app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelPending {
    /// What is held.
    pub held: ChangeId,
    /// Whose account it is.
    pub user: UserId,
    /// What tells the owner.
    pub notices: Vec<Message>,
    /// When.
    pub now: Timestamp,
    /// The event that tells of it.
    pub audit: AuditEvent,
}
