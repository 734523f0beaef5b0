use std::{sync::Arc, time::Duration};

use doorward_kernel::{KeyEpoch, StoreError};
use doorward_otp::{FlowKeys, TotpKeys};
use doorward_user::{SealedCount, VerifierSeals};

use super::{EpochState, KeyEpochs};
use crate::ClockAndIds;

/// Counts what depends on each epoch, rewraps what can be rewrapped and retires unneeded epochs.
#[derive(Clone)]
pub struct KeyMaintenance {
    /// Clock and id generator.
    pub clock_and_ids: ClockAndIds,
    /// The epochs, and what depends on them.
    pub epochs: Arc<dyn KeyEpochs>,
    /// Which of them is in use.
    pub keys: Arc<dyn FlowKeys>,
    /// Moves passwords from key to key.
    pub seals: Arc<dyn VerifierSeals>,
    /// Moves the seeds of authenticator apps from key to key.
    pub seed_sealer: Arc<dyn TotpKeys>,
    /// The longest time that a session lasts without use.
    pub idle: Duration,
    /// The longest time that a node may take to learn that an epoch is no longer in use.
    pub settling: Duration,
}

/// An epoch as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochReport {
    /// The epoch.
    pub epoch: KeyEpoch,
    /// Its state.
    pub state: EpochState,
    /// The passwords sealed under it.
    pub sealed: SealedCount,
    /// The seeds of authenticator apps sealed under it.
    pub seeds: u64,
}

impl KeyMaintenance {
    /// Tells of every epoch, oldest first.
    #[tracing::instrument(level = "debug", name = "keys.report", skip_all)]
    pub async fn report(&self) -> Result<Vec<EpochReport>, StoreError> {
        let now = self.clock_and_ids.now();
        let current = self.keys.current_epoch();
        let mut reports = Vec::new();
        for epoch in self.epochs.list().await? {
            let sealed = self.epochs.count_verifiers(&self.seals.key_id(epoch.id), now).await?;
            let seeds = self.epochs.count_seeds(epoch.id).await?;
            reports.push(EpochReport { state: EpochState::of(&epoch, current, now), epoch, sealed, seeds });
        }
        Ok(reports)
    }
}
