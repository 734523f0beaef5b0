use std::time::Duration;

use async_trait::async_trait;
use doorward_kernel::{AuditEvent, ChangeId, EmailAddress, StoreError, Timestamp, UserId};
use doorward_notifier::Message;
use doorward_user::{IdentifierChange, User, UserPhone};

use super::{CancelPending, PendingChange};

/// Changes of one account to undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoChanges {
    /// The user; the account must be active.
    pub user: UserId,
    /// The change that is named; it must still stand.
    pub named: ChangeId,
    /// The changes to undo.
    pub changes: Vec<ChangeId>,
    /// All changes of the account after `since` when the caller read it; exactly these must still stand.
    pub seen: Vec<ChangeId>,
    /// An authenticator app that was confirmed after this goes, with its recovery codes; so do
    /// recovery codes that were made after it.
    pub since: Timestamp,
    /// The address that counts again; `None` leaves it as it is.
    pub email: Option<EmailAddress>,
    /// The change of the number.
    pub phone: FormerPhone,
    /// The notices to the old and the new address.
    pub notices: Vec<Message>,
    /// When.
    pub now: Timestamp,
    /// The audit event.
    pub audit: AuditEvent,
}

/// A change that can be undone, and what else was changed about that time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undoable {
    /// The user.
    pub user: UserId,
    /// When the change was made.
    pub at: Timestamp,
    /// The kind of the change.
    pub kind: UndoableKind,
    /// The changes of address and number of the account in the window before it and ever since,
    /// oldest first; the change itself among them, if it is one.
    pub changes: Vec<IdentifierChange>,
}

/// The kind of a change that can be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndoableKind {
    /// An address or a number.
    Identifier,
    /// An authenticator app.
    Authenticator,
    /// A session that may only bind, which was opened, and may have ended since.
    BindingSession,
}

/// The phone number after changes are undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormerPhone {
    /// It stays as it is: none of the changes was about it.
    Untouched,
    /// The account has none again.
    Nothing,
    /// The account has this one again, verified or not.
    Number(UserPhone),
}

impl FormerPhone {
    /// The number that counts again, if there is one.
    pub const fn number(&self) -> Option<&UserPhone> {
        match self {
            Self::Number(phone) => Some(phone),
            Self::Untouched | Self::Nothing => None,
        }
    }
}

/// The outcome of undoing changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UndoOutcome {
    /// They are undone; the account is as it is now.
    Undone(User),
    /// A change was undone or made in between, or the account is not active; nothing changed,
    /// retry.
    Conflict,
    /// Somebody else has verified the address or number in between; nothing changed, retry.
    Taken,
}

/// The changes that can still be undone or, while they are pending, be objected to.
#[async_trait]
pub trait Undos: Send + Sync {
    /// The change, if it still stands, with all of its account that were made less than `window`
    /// before it or at any time since.
    async fn find(&self, change: ChangeId, window: Duration) -> Result<Option<Undoable>, StoreError>;

    /// Puts back what the changes replaced, if what the caller saw still stands, all or nothing.
    ///
    /// In the same step every session of the account ends and all its open challenges close,
    /// those that decoy changes have from its sessions included, what is held for it is cancelled,
    /// and sessions that may only bind are forgotten, with what their notices could undo. Atomic:
    /// of any number of concurrent calls, one undoes a change.
    async fn undo(&self, undo: UndoChanges) -> Result<UndoOutcome, StoreError>;

    /// The pending change with that id.
    async fn find_pending(&self, change: ChangeId) -> Result<Option<PendingChange>, StoreError>;

    /// Cancels what is pending, ends all sessions of the account and closes all its open
    /// challenges, all or nothing; returns whether it was still pending.
    async fn cancel(&self, cancel: CancelPending) -> Result<bool, StoreError>;

    /// Deletes changes that were made before that instant, at most `limit`, and returns how many.
    async fn purge_made(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
