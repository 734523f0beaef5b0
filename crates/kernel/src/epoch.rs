use async_trait::async_trait;

use crate::{StoreError, Timestamp};

/// Numbers a key epoch; later epochs have higher numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EpochId(pub i32);

/// A period of key use: with the root secret, its salt gives every key of the period.
///
/// The salt alone is worth nothing, so it may be stored and copied freely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEpoch {
    /// Its number.
    pub id: EpochId,
    /// 32 random bytes, the HKDF salt (RFC 5869, section 3.1).
    pub salt: [u8; 32],
    /// From when on new secrets are made under it; published before.
    pub not_before: Timestamp,
    /// From when on nothing made under it is accepted; `None` while it is.
    pub retired_at: Option<Timestamp>,
}

/// The key epochs all nodes share.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait KeyEpochs: Send + Sync {
    /// Every epoch, oldest first.
    async fn list(&self) -> Result<Vec<KeyEpoch>, StoreError>;

    /// Adds an epoch unless its number is taken, and lists them all, oldest first.
    ///
    /// Atomic: of nodes that add the same number at once, one wins and all see its epoch.
    async fn add(&self, epoch: KeyEpoch) -> Result<Vec<KeyEpoch>, StoreError>;
}
