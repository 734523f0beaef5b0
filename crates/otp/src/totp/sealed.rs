use std::error::Error;

use doorward_kernel::{EpochId, UserId};

use crate::{RecoveryCode, RecoveryDigest, TotpSeed};

/// A seed as stores keep it: only with the keys, and only for its user, does it open.
///
/// No two sealings are alike, so it also names the enrolment it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedSeed {
    /// The key epoch it is sealed under.
    pub epoch: EpochId,
    /// The sealed bytes.
    pub bytes: Vec<u8>,
}

/// Why a seed could not be sealed.
#[derive(Debug, thiserror::Error)]
#[error("the seed could not be sealed")]
pub struct SeedSealError(#[source] Box<dyn Error + Send + Sync>);

impl SeedSealError {
    /// Wraps the reason.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

/// Seals the seeds of authenticator apps and digests recovery codes; the same on every node.
pub trait TotpKeys: Send + Sync {
    /// Seals a user's seed under the current key epoch; in another user's row it opens nothing.
    fn seal_seed(&self, user: UserId, seed: &TotpSeed) -> Result<SealedSeed, SeedSealError>;

    /// Opens a user's seed; `None` when it was changed or moved, or its epoch is unknown or retired.
    fn open_seed(&self, user: UserId, sealed: &SealedSeed) -> Option<TotpSeed>;

    /// The digest to store of a user's new code, under the current key epoch.
    fn recovery_digest(&self, user: UserId, code: &RecoveryCode) -> RecoveryDigest;

    /// The digests a stored one of that code may have: one for each key epoch that is not
    /// retired, the current one among them. Retiring an epoch ends the codes made under it.
    fn accepted_digests(&self, user: UserId, code: &RecoveryCode) -> Vec<RecoveryDigest>;
}

/// A seed sealed anew, in the place of the one it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResealedSeed {
    /// Whose.
    pub user: UserId,
    /// The sealed seed it was made from.
    pub from: SealedSeed,
    /// The same seed under another epoch.
    pub to: SealedSeed,
}
