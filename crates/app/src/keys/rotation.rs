use std::sync::Arc;

use doorward_kernel::{AuditKind, KeyEpoch, RootChecks, StoreError, Timestamp};

use super::{KeyEpochs, RotationPolicy};
use crate::ClockAndIds;

/// Adds key epochs: the first, those that are due, those an operator asks for.
///
/// Any number of nodes may do so at once: of those that add one number one wins, and all see its epoch.
#[derive(Clone)]
pub struct KeyRotation {
    /// Clock and id generator.
    pub clock_and_ids: ClockAndIds,
    /// The epochs.
    pub epochs: Arc<dyn KeyEpochs>,
    /// The root secret, which is noted with each.
    pub root: Arc<dyn RootChecks>,
    /// When they follow each other.
    pub policy: RotationPolicy,
}

/// The begin of an epoch that an operator asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// Once everyone has had the time to learn of it.
    Published,
    /// At once: verifiers meet tokens whose key they have yet to fetch.
    Now,
}

/// Why no epoch was added.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// One is published that has yet to begin.
    #[error("a next epoch is published already")]
    Published(KeyEpoch),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl KeyRotation {
    /// Every epoch, of which there is one at least from now on.
    #[tracing::instrument(level = "debug", name = "keys.begin", skip_all)]
    pub async fn begin(&self) -> Result<Vec<KeyEpoch>, StoreError> {
        match self.epochs.list().await? {
            epochs if epochs.is_empty() => self.add(&epochs, self.clock_and_ids.now()).await.map(|(_, epochs)| epochs),
            epochs => Ok(epochs),
        }
    }

    /// Every epoch, and with them the next one, if it is due.
    #[tracing::instrument(level = "debug", name = "keys.keep", skip_all)]
    pub async fn keep(&self) -> Result<Vec<KeyEpoch>, StoreError> {
        let epochs = self.epochs.list().await?;
        match self.policy.due(&epochs, self.clock_and_ids.now()) {
            Some(not_before) => self.add(&epochs, not_before).await.map(|(_, epochs)| epochs),
            None => Ok(epochs),
        }
    }

    /// Adds an epoch beside the schedule, which goes on from there.
    #[tracing::instrument(level = "debug", name = "keys.rotate", skip_all)]
    pub async fn rotate(&self, begin: Begin) -> Result<KeyEpoch, RotationError> {
        loop {
            let now = self.clock_and_ids.now();
            let epochs = self.epochs.list().await?;
            let not_before = match begin {
                Begin::Now => now,
                Begin::Published => match epochs.iter().find(|epoch| epoch.is_accepted(now) && !epoch.has_begun(now)) {
                    Some(next) => return Err(RotationError::Published(next.clone())),
                    None => now + self.policy.publish_ahead,
                },
            };
            let (epoch, epochs) = self.add(&epochs, not_before).await?;
            // Another one may have taken the number; then ours is still to be added.
            if epochs.contains(&epoch) {
                return Ok(epoch);
            }
        }
    }

    async fn add(&self, epochs: &[KeyEpoch], not_before: Timestamp) -> Result<(KeyEpoch, Vec<KeyEpoch>), StoreError> {
        let epoch = KeyEpoch::after(epochs, not_before, &*self.clock_and_ids.random).noted_by(&*self.root);
        let audit = self.clock_and_ids.event(AuditKind::EpochAdded, self.clock_and_ids.now());
        let epochs = self.epochs.add(epoch.clone(), audit).await?;
        if epochs.contains(&epoch) {
            tracing::info!(epoch = epoch.id.0, not_before = %epoch.not_before, "added a key epoch");
        }
        Ok((epoch, epochs))
    }
}
