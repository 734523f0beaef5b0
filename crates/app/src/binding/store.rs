use async_trait::async_trait;
use doorward_kernel::{AuditEvent, ChallengeId, ChangeId, PhoneNumber, SessionId, StoreError, Timestamp, UserId};
use doorward_notifier::Message;
use doorward_session::Session;
use doorward_user::{IdentifierChange, User};

use crate::{NumberVerification, sessions::SessionCap};

/// A session to open that may only bind, now that its challenge is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenBinding {
    /// The challenge that is done.
    pub challenge: ChallengeId,
    /// The session; its user must be active.
    pub session: Session,
    /// The cap of sessions: the least recently used ones beyond it end.
    pub cap: SessionCap,
    /// The notice to the owner.
    pub notices: Vec<Message>,
    /// When.
    pub now: Timestamp,
    /// The audit event of the session.
    pub audit: AuditEvent,
}

/// The outcome of opening a session that may only bind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenBindingOutcome {
    /// It is open; the account is as it is now.
    Opened(User),
    /// The challenge was no longer open or the account not active; nothing changed but that a
    /// challenge of an inactive account is closed.
    Closed,
}

/// A verified number that takes the place of another one once its owner has had time to object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingNumber {
    /// Names the change; the token that cancels it carries it.
    pub id: ChangeId,
    /// The user who gets the number.
    pub user: UserId,
    /// The number.
    pub number: PhoneNumber,
    /// When it was verified.
    pub verified_at: Timestamp,
    /// When it takes effect.
    pub due_at: Timestamp,
}

/// A number to hold, now that its challenge is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleNumber {
    /// The challenge that is done.
    pub challenge: ChallengeId,
    /// The session that asked for it; if it has ended, the number comes to nothing with it.
    pub session: Option<SessionId>,
    /// The pending number, in place of the one that was pending for the account before.
    pub pending: PendingNumber,
    /// The notice to the owner.
    pub notices: Vec<Message>,
    /// When.
    pub now: Timestamp,
    /// The audit event.
    pub audit: AuditEvent,
}

/// The outcome of scheduling a change of number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScheduleOutcome {
    /// It is pending; the account is as it was.
    Scheduled(User),
    /// The challenge was no longer open, the account not active or the session ended; nothing
    /// changed but that the challenge is closed.
    Closed,
}

/// A pending number whose time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplyNumber {
    /// The pending change.
    pub pending: PendingNumber,
    /// The verification of the number.
    pub number_verification: NumberVerification,
    /// The record that makes the change undoable.
    pub change: IdentifierChange,
    /// When.
    pub now: Timestamp,
}

/// The outcome of applying a due change of number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplyOutcome {
    /// The account has it; it is as it is now.
    Changed(User),
    /// It was cancelled in between, or the account is not active; nothing changed.
    Gone,
    /// Somebody else verified it in between; nothing changed, retry.
    Taken,
}

/// Sessions that may only bind, and what they bound that does not count yet.
///
/// Each step that closes all open challenges of an account (a new password, a reset, an undo, being
/// disabled), and an app that its owner confirms or removes, cancels what is pending for it, in the
/// same step; but what is done in a session leaves alone what
/// [`kept_pending`](crate::factors::kept_pending) says of its methods.
#[async_trait]
pub trait Bindings: Send + Sync {
    /// Closes the open challenge, opens the session and ends the oldest ones beyond the cap, all or nothing.
    ///
    /// Atomic: of any number of concurrent calls for one challenge, one opens a session.
    async fn open(&self, open: OpenBinding) -> Result<OpenBindingOutcome, StoreError>;

    /// Closes the open challenge and holds the number, all or nothing.
    async fn schedule(&self, hold: ScheduleNumber) -> Result<ScheduleOutcome, StoreError>;

    /// The changes due at that instant, the longest due first, at most `limit`.
    async fn find_due(&self, now: Timestamp, limit: u32) -> Result<Vec<PendingNumber>, StoreError>;

    /// Makes the account the number's one owner, keeps the change and ends all its sessions, all
    /// or nothing.
    ///
    /// Atomic: of any number of concurrent calls, one takes effect, and none after it was
    /// cancelled.
    async fn apply_pending(&self, effect: ApplyNumber) -> Result<ApplyOutcome, StoreError>;

    /// Deletes the pending change, and nothing else.
    async fn forget(&self, pending: ChangeId) -> Result<(), StoreError>;
}
