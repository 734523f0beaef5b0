use async_trait::async_trait;
use doorward_kernel::{EpochId, StoreError, Timestamp, UserId};

use crate::PasswordVerifier;

/// A verifier that was sealed again, under another key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resealed {
    /// The user it belongs to.
    pub user: UserId,
    /// As it was found.
    pub from: PasswordVerifier,
    /// The same hash under the other key.
    pub to: PasswordVerifier,
}

/// How many verifiers depend on a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SealedCount {
    /// Those of accounts, disabled ones too.
    pub accounts: u64,
    /// Those of registrations that may still become accounts.
    pub registrations: u64,
}

/// The verifiers by the key they are sealed under: the six characters of their PHC `keyid`.
#[async_trait]
pub trait SealedVerifiers: Send + Sync {
    /// Counts the verifiers under the key; of registrations those that are open then.
    async fn count(&self, key_id: &str, now: Timestamp) -> Result<SealedCount, StoreError>;

    /// The accounts' verifiers under the key, by user id, from the one after `after` on.
    async fn list(
        &self,
        key_id: &str,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, PasswordVerifier)>, StoreError>;

    /// The kinds of the accounts' verifiers, each once: what stands in one before its key.
    ///
    /// A few reads of an index, however many accounts there are; at most 256 kinds.
    async fn kinds(&self) -> Result<Vec<String>, StoreError>;

    /// Puts verifiers in the place of those they were made from, and counts how many it was.
    ///
    /// Atomic: all in one step. An account whose verifier is no longer `from` is left alone: a new
    /// password is worth more than an old one under a new key. Nothing else of the account changes,
    /// so no event is written.
    async fn replace(&self, resealed: Vec<Resealed>) -> Result<u64, StoreError>;
}

/// Moves verifiers from key to key; no password is needed for it.
pub trait VerifierSeals: Send + Sync {
    /// What verifiers under the epoch's key carry as `keyid`.
    fn key_id(&self, epoch: EpochId) -> String;

    /// The same hash under the current epoch's key; `None` when it cannot be opened.
    fn reseal(&self, user: UserId, verifier: &PasswordVerifier) -> Option<PasswordVerifier>;
}
