use async_trait::async_trait;
use doorward_kernel::{AuditEvent, EpochId, KeyEpoch, StoreError, Timestamp, UserId};
use doorward_otp::{ResealedSeed, SealedSeed};
use doorward_user::{PasswordVerifier, Resealed, SealedCount};

/// The time in which an epoch was in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochPeriod {
    /// The epoch.
    pub epoch: EpochId,
    /// From when on.
    pub from: Timestamp,
    /// Until when: the first instant at which it was not.
    pub until: Timestamp,
}

/// The sessions and flows that depend on an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EpochUse {
    /// Sessions, at most: which cookie a browser holds is nowhere written down.
    pub sessions: u64,
    /// Flows that wait for their code.
    pub flows: u64,
}

/// The outcome of retiring an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetireOutcome {
    /// Nothing made under it is accepted any more.
    Retired,
    /// It was retired before; nothing changed.
    AlreadyRetired,
    /// No other epoch has begun that could take its place; nothing changed.
    Needed,
    /// There is no such epoch.
    NotFound,
}

/// The key epochs all nodes share; counts what depends on one, and moves sealed passwords and seeds to another.
///
/// Verifiers go by the key they are sealed under, the six characters of their PHC `keyid`.
/// The secrets that move are written in one step, whoever they belong to; nothing else of an account changes, so
/// no event is written.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait KeyEpochs: Send + Sync {
    /// Every epoch, oldest first.
    async fn list(&self) -> Result<Vec<KeyEpoch>, StoreError>;

    /// Adds an epoch unless its number is taken, and lists them all, oldest first.
    ///
    /// Atomic: of nodes that add the same number at once, one wins and all see its epoch. Only
    /// the one that wins writes its event.
    async fn add(&self, epoch: KeyEpoch, audit: AuditEvent) -> Result<Vec<KeyEpoch>, StoreError>;

    /// Retires an epoch from that instant on.
    ///
    /// Atomic: whatever is retired at once, an epoch stays that has begun and is not retired.
    async fn retire(&self, epoch: EpochId, now: Timestamp, audit: AuditEvent) -> Result<RetireOutcome, StoreError>;

    /// Counts what was made under the epoch and is good at `now`.
    ///
    /// Flows are those whose challenge is of the epoch and open. Sessions are those that nobody has
    /// ended and that were used after `seen_after`; of those held in tokens the ones whose last
    /// rotation lies in the period, of those held by cookie the ones that were opened before its
    /// end and last used after its beginning.
    async fn count_uses(
        &self,
        period: EpochPeriod,
        seen_after: Timestamp,
        now: Timestamp,
    ) -> Result<EpochUse, StoreError>;

    /// Counts the verifiers under the key; of registrations those that are open then.
    async fn count_verifiers(&self, key_id: &str, now: Timestamp) -> Result<SealedCount, StoreError>;

    /// The accounts' verifiers under the key, by user id, from the one after `after` on.
    async fn verifiers(
        &self,
        key_id: &str,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, PasswordVerifier)>, StoreError>;

    /// The kinds of the accounts' verifiers, each once: what stands in one before its key.
    ///
    /// A few reads of an index, however many accounts there are; at most 256 kinds.
    async fn verifier_kinds(&self) -> Result<Vec<String>, StoreError>;

    /// Puts verifiers in the place of those they were made from, and counts how many it was.
    ///
    /// An account whose verifier is no longer `from` is left alone: a new password is worth more
    /// than an old one under a new key.
    async fn reseal_verifiers(&self, resealed: Vec<Resealed>) -> Result<u64, StoreError>;

    /// Counts the seeds of authenticator apps under the epoch, confirmed or not.
    async fn count_seeds(&self, epoch: EpochId) -> Result<u64, StoreError>;

    /// At most `limit` seeds under the epoch, by user id, of the users after `after`, and what else
    /// the last of them has.
    async fn seeds(
        &self,
        epoch: EpochId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, SealedSeed)>, StoreError>;

    /// Puts seeds in the place of those they were made from, and counts how many it was.
    ///
    /// A seed that is no longer `from` is left alone.
    async fn reseal_seeds(&self, resealed: Vec<ResealedSeed>) -> Result<u64, StoreError>;
}
