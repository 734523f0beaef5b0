use doorward_kernel::{AuditKind, EpochId, KeyEpoch, StoreError, Timestamp};
use doorward_user::SealedCount;

use super::{EpochPeriod, EpochState, EpochUse, KeyMaintenance, RetireOutcome};

/// The way an epoch is retired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retirement {
    /// Because nothing needs it: no password and no authenticator app may be lost.
    TidyUp,
    /// Because its keys may be known to others: whatever depends on it ends.
    Emergency,
}

/// The consequences of retiring an epoch: what ends with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequences {
    /// The epoch.
    pub epoch: KeyEpoch,
    /// Its state now.
    pub state: EpochState,
    /// Sessions and flows that end with it.
    pub uses: EpochUse,
    /// The passwords sealed under it.
    pub sealed: SealedCount,
    /// The seeds of authenticator apps sealed under it.
    pub seeds: u64,
    /// From when on no node uses it; `None` for one that is in use or was never used.
    pub settled_at: Option<Timestamp>,
}

/// Why an epoch was not retired.
#[derive(Debug, thiserror::Error)]
pub enum RetirementError {
    /// There is no such epoch.
    #[error("there is no such epoch")]
    NotFound,
    /// It is retired.
    #[error("the epoch is retired already")]
    AlreadyRetired,
    /// It is in use.
    #[error("the epoch is in use")]
    Current,
    /// Nodes may not have heard yet that it is no longer in use.
    #[error("nodes may still be using the epoch")]
    Unsettled {
        /// From when on none is.
        until: Timestamp,
    },
    /// Passwords would be lost.
    #[error("passwords are still sealed under the epoch")]
    Sealed(SealedCount),
    /// Authenticator apps would be lost.
    #[error("seeds of authenticator apps are still sealed under the epoch")]
    SealedSeeds(u64),
    /// No other epoch has begun.
    #[error("no other epoch has begun that could take its place")]
    Needed,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl KeyMaintenance {
    /// Returns what would end with the epoch, and whether it may be retired like that.
    #[tracing::instrument(level = "debug", name = "keys.consequences", skip_all)]
    pub async fn consequences(&self, id: EpochId, how: Retirement) -> Result<Consequences, RetirementError> {
        let now = self.clock_and_ids.now();
        let epochs = self.epochs.list().await?;
        let epoch = epochs.iter().find(|epoch| epoch.id == id).ok_or(RetirementError::NotFound)?;
        let state = EpochState::of(epoch, self.keys.current_epoch(), now);
        let end = end_of_use(epoch, &epochs);
        let period = EpochPeriod { epoch: id, from: epoch.not_before, until: end.unwrap_or(now + self.settling) };
        let consequences = Consequences {
            epoch: epoch.clone(),
            state,
            uses: self.epochs.count_uses(period, now - self.idle, now).await?,
            sealed: self.epochs.count_verifiers(&self.seals.key_id(id), now).await?,
            seeds: self.epochs.count_seeds(id).await?,
            settled_at: end.filter(|_| state == EpochState::Past).map(|end| end + self.settling),
        };
        consequences.judge(how, now)?;
        Ok(consequences)
    }

    /// Retires the epoch, if that is possible and, in a tidy-up, harmless.
    ///
    /// In an emergency passwords and seeds that are sealed under it are lost; move them first.
    /// Recovery codes that were made under it are good no more.
    #[tracing::instrument(level = "debug", name = "keys.retire", skip_all)]
    pub async fn retire(&self, id: EpochId, how: Retirement) -> Result<(), RetirementError> {
        self.consequences(id, how).await?;
        let now = self.clock_and_ids.now();
        let audit = self.clock_and_ids.event(AuditKind::EpochRetired, now);
        match self.epochs.retire(id, now, audit).await? {
            RetireOutcome::Retired => Ok(()),
            RetireOutcome::AlreadyRetired => Err(RetirementError::AlreadyRetired),
            RetireOutcome::Needed => Err(RetirementError::Needed),
            RetireOutcome::NotFound => Err(RetirementError::NotFound),
        }
    }
}

impl Consequences {
    fn judge(&self, how: Retirement, now: Timestamp) -> Result<(), RetirementError> {
        match (self.state, how) {
            (EpochState::Retired, _) => Err(RetirementError::AlreadyRetired),
            (_, Retirement::Emergency) => Ok(()),
            (EpochState::Current, Retirement::TidyUp) => Err(RetirementError::Current),
            (EpochState::Next | EpochState::Past, Retirement::TidyUp) => match self.settled_at {
                Some(until) if now < until => Err(RetirementError::Unsettled { until }),
                _ if self.sealed != SealedCount::default() => Err(RetirementError::Sealed(self.sealed)),
                _ if self.seeds > 0 => Err(RetirementError::SealedSeeds(self.seeds)),
                _ => Ok(()),
            },
        }
    }
}

/// Returns when another epoch took the place of this one.
pub(super) fn end_of_use(epoch: &KeyEpoch, epochs: &[KeyEpoch]) -> Option<Timestamp> {
    let was_used = |other: &&KeyEpoch| other.retired_at.is_none_or(|retired_at| other.not_before < retired_at);
    let later = epochs.iter().filter(|other| (other.not_before, other.id) > (epoch.not_before, epoch.id));
    let later = later.filter(was_used);
    later.map(|other| other.not_before).min()
}
