use doorward_kernel::{EpochId, StoreError, UserId};
use doorward_otp::{ResealedSeed, SealedSeed};
use doorward_user::{PasswordVerifier, Resealed};

use super::{EpochState, KeyMaintenance, retirement::end_of_use};

/// The most passwords or seeds that are moved in one step.
const BATCH: u32 = 500;

/// The outcome of moving passwords and seeds to the key in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealing {
    /// Those that were moved.
    pub moved: u64,
    /// Those that no key of ours opens.
    pub unreadable: u64,
}

impl KeyMaintenance {
    /// Moves the passwords and the seeds of authenticator apps that are sealed under past epochs to the one in use; nobody has to log in for it.
    ///
    /// Any number of nodes may do so at once: each is moved once.
    #[tracing::instrument(level = "debug", name = "keys.reseal", skip_all)]
    pub async fn reseal(&self) -> Result<Resealing, StoreError> {
        let now = self.clock_and_ids.now();
        let current = self.keys.current_epoch();
        let mut done = Resealing::default();
        let epochs = self.epochs.list().await?;
        for epoch in &epochs {
            // A node that does not know the key in use yet could not read what was moved to it.
            let is_settled = end_of_use(epoch, &epochs).is_some_and(|end| end + self.settling <= now);
            if is_settled && EpochState::of(epoch, current, now) == EpochState::Past {
                done += self.reseal_epoch(epoch.id).await?;
            }
        }
        Ok(done)
    }

    /// The same for those of one epoch.
    #[tracing::instrument(level = "debug", name = "keys.reseal_epoch", skip_all)]
    pub async fn reseal_epoch(&self, epoch: EpochId) -> Result<Resealing, StoreError> {
        let mut done = self.reseal_passwords(epoch).await?;
        done += self.reseal_seeds(epoch).await?;
        Ok(done)
    }

    async fn reseal_seeds(&self, epoch: EpochId) -> Result<Resealing, StoreError> {
        let (mut done, mut after) = (Resealing::default(), None);
        loop {
            let batch = self.epochs.seeds(epoch, after, BATCH).await?;
            let Some((last, _)) = batch.last() else { return Ok(done) };
            after = Some(*last);
            let found = batch.len();
            let resealed: Vec<_> = batch.into_iter().filter_map(|(user, from)| self.reseal_seed(user, from)).collect();
            done.unreadable += (found - resealed.len()) as u64;
            done.moved += self.epochs.reseal_seeds(resealed).await?;
        }
    }

    fn reseal_seed(&self, user: UserId, from: SealedSeed) -> Option<ResealedSeed> {
        let seed = self.seed_sealer.open_seed(user, &from)?;
        let to = self.seed_sealer.seal_seed(user, &seed).ok()?;
        Some(ResealedSeed { user, from, to })
    }

    async fn reseal_passwords(&self, epoch: EpochId) -> Result<Resealing, StoreError> {
        let key_id = self.seals.key_id(epoch);
        let (mut done, mut after) = (Resealing::default(), None);
        loop {
            let batch = self.epochs.verifiers(&key_id, after, BATCH).await?;
            let Some((last, _)) = batch.last() else { return Ok(done) };
            after = Some(*last);
            let found = batch.len();
            let resealed: Vec<_> =
                batch.into_iter().filter_map(|(user, verifier)| self.reseal_one(user, verifier)).collect();
            done.unreadable += (found - resealed.len()) as u64;
            done.moved += self.epochs.reseal_verifiers(resealed).await?;
        }
    }

    fn reseal_one(&self, user: UserId, from: PasswordVerifier) -> Option<Resealed> {
        let to = self.seals.reseal(user, &from)?;
        Some(Resealed { user, from, to })
    }
}

impl std::ops::AddAssign for Resealing {
    fn add_assign(&mut self, other: Self) {
        self.moved += other.moved;
        self.unreadable += other.unreadable;
    }
}
