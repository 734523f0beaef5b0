use async_trait::async_trait;
use doorward_kernel::{AuditEvent, ChangeId, EmailAddress, StoreError, Timestamp, UserId};
use doorward_notifier::Message;
use doorward_user::{IdentifierChange, User, UserPhone};

/// Changes of one account to undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoChanges {
    /// Whose; the account must be active.
    pub user: UserId,
    /// The first change to undo and every later one that still stands.
    pub changes: Vec<ChangeId>,
    /// The address that counts again; `None` leaves it as it is.
    pub email: Option<EmailAddress>,
    /// What becomes of the number.
    pub phone: FormerPhone,
    /// Whether the authenticator app and the recovery codes go: they came after the change.
    pub drops_app: bool,
    /// What tells the addresses before and after.
    pub notices: Vec<Message>,
    /// When.
    pub now: Timestamp,
    /// The event that tells of it.
    pub audit: AuditEvent,
}

/// What becomes of a number when changes are undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormerPhone {
    /// It stays as it is: none of the changes was about it.
    Untouched,
    /// The account has none again.
    Nothing,
    /// The account has this one again, proved or not.
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

/// What became of undoing changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UndoOutcome {
    /// They are undone; the account is as it is now.
    Undone(User),
    /// A change was undone or made in between, or the account is not active; nothing changed,
    /// look again.
    Lost,
    /// Somebody else has proved the address or number in between; nothing changed, look again.
    Taken,
}

/// The changes of address and number that can still be undone.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Undos: Send + Sync {
    /// The change and every later one of its account that still stands, oldest first; empty when
    /// the change is unknown or was undone.
    ///
    /// Changes of one instant are later than each other: undoing one undoes them all.
    async fn find_since(&self, change: ChangeId) -> Result<Vec<IdentifierChange>, StoreError>;

    /// Puts back what the changes replaced, if exactly these still stand, all or nothing.
    ///
    /// In the same step every session of the account ends and all its open challenges close,
    /// those that decoy changes have from its sessions included. Atomic: of any number of
    /// concurrent calls, one undoes a change.
    async fn undo(&self, undo: UndoChanges) -> Result<UndoOutcome, StoreError>;

    /// Forgets changes that were made before that instant, at most `limit`, and tells how many.
    async fn forget_made(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
