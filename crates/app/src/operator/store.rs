use async_trait::async_trait;
use doorward_kernel::{AuditEvent, StoreError, Timestamp, UserId};
use doorward_user::{PasswordVerifier, User, UserStatus};

/// The outcome of enabling or disabling an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusOutcome {
    /// The account has the status now.
    Changed,
    /// It had it before; nothing changed.
    Unchanged,
    /// There is no such account.
    NotFound,
}

/// The outcome of ending the sessions of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignOutOutcome {
    /// All of them have ended.
    SignedOut {
        /// How many this call ended.
        sessions: u64,
    },
    /// There is no such account.
    NotFound,
}

/// The outcome of deleting an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteOutcome {
    /// It is gone.
    Deleted,
    /// There is no such account.
    NotFound,
}

/// An account to take over from another system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The account; whoever imports vouches for its address, and for its number where it is verified.
    pub user: User,
    /// The password verifier.
    pub verifier: PasswordVerifier,
    /// The audit event.
    pub audit: AuditEvent,
}

/// The outcome of importing an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// It exists now.
    Imported,
    /// An account has that address; nothing changed.
    EmailTaken {
        /// When that account came into being.
        created_at: Timestamp,
    },
    /// Another account has verified that number; nothing changed.
    PhoneTaken,
}

/// Opens, closes, deletes and takes over accounts on behalf of an operator.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Gives the account the status.
    ///
    /// Disabling ends its sessions for good and closes its open challenges, those that decoy
    /// changes have from its sessions included, in the same step: no login that runs at the
    /// same time leaves a session behind.
    async fn set_status(
        &self,
        user: UserId,
        status: UserStatus,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<StatusOutcome, StoreError>;

    /// Ends every session of the account and closes its open challenges, in one step.
    async fn end_sessions(&self, user: UserId, now: Timestamp, audit: AuditEvent)
    -> Result<SignOutOutcome, StoreError>;

    /// Deletes the account with its sessions, open challenges, authenticator app and recovery
    /// codes, all or nothing; audit events stay, and name it by its id alone.
    ///
    /// No login that runs at the same time leaves a session behind. Address and number are free
    /// again at once. Challenges that have ended are left to be forgotten in their time.
    async fn delete(&self, user: UserId, audit: AuditEvent) -> Result<DeleteOutcome, StoreError>;

    /// Makes the accounts in one transaction, and tells in their order what became of each.
    ///
    /// One that cannot be made does not keep the others from it. Of several with one address,
    /// here or in a registration at the same time, one is made.
    async fn import(&self, batch: Vec<Import>) -> Result<Vec<ImportOutcome>, StoreError>;
}
