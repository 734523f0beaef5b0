use doorward_kernel::{EpochId, StoreError, UserId};
use doorward_user::{PasswordVerifier, Resealed};

use super::{EpochState, KeyCustody};

/// How many passwords are moved in one step.
const BATCH: u32 = 500;

/// What became of moving passwords to the key in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealing {
    /// Those that were moved.
    pub moved: u64,
    /// Those that no key of ours opens.
    pub unreadable: u64,
}

impl KeyCustody {
    /// Moves the passwords that are sealed under past epochs to the one in use; nobody has to log in for it.
    ///
    /// Any number of nodes may do so at once: each password is moved once.
    pub async fn reseal(&self) -> Result<Resealing, StoreError> {
        let now = self.moment.now();
        let current = self.keys.current_epoch();
        let mut done = Resealing::default();
        for epoch in self.epochs.list().await? {
            if EpochState::of(&epoch, current, now) == EpochState::Past {
                done += self.reseal_epoch(epoch.id).await?;
            }
        }
        Ok(done)
    }

    /// The same for the passwords of one epoch.
    pub async fn reseal_epoch(&self, epoch: EpochId) -> Result<Resealing, StoreError> {
        let key_id = self.seals.key_id(epoch);
        let (mut done, mut after) = (Resealing::default(), None);
        loop {
            let batch = self.verifiers.list(&key_id, after, BATCH).await?;
            let Some((last, _)) = batch.last() else { return Ok(done) };
            after = Some(*last);
            let found = batch.len();
            let resealed: Vec<_> =
                batch.into_iter().filter_map(|(user, verifier)| self.reseal_one(user, verifier)).collect();
            done.unreadable += (found - resealed.len()) as u64;
            done.moved += self.verifiers.replace(resealed).await?;
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
