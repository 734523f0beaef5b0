use doorward_kernel::{AuditEvent, ChangeId, Timestamp, UserId};
use doorward_notifier::Message;

use crate::{binding::PendingNumber, totp::PendingAuthenticator};

/// A change that does not count yet, and that its account's owner can object to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PendingChange {
    /// A number.
    Number(PendingNumber),
    /// An authenticator app, whether its first code was right already or not.
    Authenticator(PendingAuthenticator),
}

/// An objection to a pending change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelPending {
    /// The pending change.
    pub change: PendingChange,
    /// The notice to the owner.
    pub notices: Vec<Message>,
    /// When.
    pub now: Timestamp,
    /// The audit event.
    pub audit: AuditEvent,
}

impl PendingChange {
    /// Names the change; the token that cancels it carries it.
    pub const fn id(&self) -> ChangeId {
        match self {
            Self::Number(number) => number.id,
            Self::Authenticator(app) => app.id,
        }
    }

    /// The user whose account it is for.
    pub const fn user(&self) -> UserId {
        match self {
            Self::Number(number) => number.user,
            Self::Authenticator(app) => app.user,
        }
    }
}
