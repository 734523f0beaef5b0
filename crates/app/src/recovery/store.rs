use async_trait::async_trait;
use doorward_kernel::{AuditEvent, ChallengeId, EmailAddress, StoreError, Timestamp, UserId};
use doorward_notifier::Message;
use doorward_user::{PasswordVerifier, User};

/// A reset whose code was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompleteReset {
    /// The challenge that is done.
    pub challenge: ChallengeId,
    /// The user.
    pub user: UserId,
    /// The verifier from now on.
    pub verifier: PasswordVerifier,
    /// The notice to the owner.
    pub notices: Vec<Message>,
    /// When.
    pub now: Timestamp,
    /// The audit event.
    pub audit: AuditEvent,
}

/// The outcome of a reset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResetOutcome {
    /// The password is the new one; the account is as it is now.
    Reset(User),
    /// The challenge was no longer open or the account not active; nothing changed but that a
    /// challenge of an inactive account is closed.
    Closed,
}

/// Sets passwords anew without the old one.
#[async_trait]
pub trait Recoveries: Send + Sync {
    /// The account of that address, compared by its key, if it has had the address since before
    /// that instant: none of its changes of address that still stand was made at or after it.
    async fn find(&self, email: &EmailAddress, since: Timestamp) -> Result<Option<User>, StoreError>;

    /// Closes the open challenge and puts the verifier in place, all or nothing.
    ///
    /// In the same step every session of the account ends and all its open challenges close,
    /// other resets and those that decoy changes have from its sessions included: nothing that somebody began
    /// with the old password outlives it. Atomic: of any number of concurrent calls for one
    /// challenge, one sets the password.
    async fn complete(&self, complete: CompleteReset) -> Result<ResetOutcome, StoreError>;
}
