use async_trait::async_trait;
use doorward_kernel::{EpochId, StoreError, UserId};
use doorward_otp::{ResealedSeed, SealedSeed, SealedSeeds};

use super::MemoryStore;

#[async_trait]
impl SealedSeeds for MemoryStore {
    async fn count(&self, epoch: EpochId) -> Result<u64, StoreError> {
        Ok(self.read(|state| state.authenticators.values().filter(|found| found.seed.epoch == epoch).count()) as u64)
    }

    async fn list(
        &self,
        epoch: EpochId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, SealedSeed)>, StoreError> {
        Ok(self.read(|state| {
            let of_epoch = state.authenticators.values().filter(|found| found.seed.epoch == epoch);
            let later = of_epoch.filter(|found| after.is_none_or(|after| after < found.user));
            later.take(limit as usize).map(|found| (found.user, found.seed.clone())).collect()
        }))
    }

    async fn replace(&self, resealed: Vec<ResealedSeed>) -> Result<u64, StoreError> {
        self.write(|state| {
            let mut replaced = 0;
            for ResealedSeed { user, from, to } in resealed {
                if let Some(found) = state.authenticators.get_mut(&user).filter(|found| found.seed == from) {
                    found.seed = to;
                    replaced += 1;
                }
            }
            Ok(replaced)
        })
    }
}
