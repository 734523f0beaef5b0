use doorward_kernel::{EpochId, UserId};

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

/// The number of verifiers that depend on a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SealedCount {
    /// Those of accounts, disabled ones too.
    pub accounts: u64,
    /// Those of registrations that may still become accounts.
    pub registrations: u64,
}

/// Moves verifiers from key to key; no password is needed for it.
pub trait VerifierSeals: Send + Sync {
    /// The `keyid` of verifiers under the epoch's key.
    fn key_id(&self, epoch: EpochId) -> String;

    /// The same hash under the current epoch's key; `None` when it cannot be opened.
    fn reseal(&self, user: UserId, verifier: &PasswordVerifier) -> Option<PasswordVerifier>;
}
