use async_trait::async_trait;
use doorward_kernel::{AuditEvent, StoreError, Timestamp};
use doorward_user::{PasswordVerifier, User};

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

/// Takes accounts over from other systems.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Imports: Send + Sync {
    /// Makes the accounts in one transaction, and tells in their order what became of each.
    ///
    /// One that cannot be made does not keep the others from it. Of several with one address,
    /// here or in a registration at the same time, one is made.
    async fn import(&self, batch: Vec<Import>) -> Result<Vec<ImportOutcome>, StoreError>;
}
