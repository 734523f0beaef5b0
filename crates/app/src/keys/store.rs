use async_trait::async_trait;
use doorward_kernel::{EpochId, StoreError, Timestamp};

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

/// What people hold that was made under an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EpochUse {
    /// Sessions, at most: which cookie a browser holds is nowhere written down.
    pub sessions: u64,
    /// Flows that wait for their code.
    pub flows: u64,
}

/// Tells what depends on an epoch.
#[async_trait]
pub trait EpochUses: Send + Sync {
    /// Counts what was made under the epoch and is good at `now`.
    ///
    /// Flows are those whose challenge is of the epoch and open. Sessions are those that nobody has
    /// ended and that were used after `seen_after`; of those held in tokens the ones whose last
    /// rotation lies in the period, of those held by cookie the ones that were opened before its
    /// end and last used after its beginning.
    async fn count(&self, period: EpochPeriod, seen_after: Timestamp, now: Timestamp) -> Result<EpochUse, StoreError>;
}
