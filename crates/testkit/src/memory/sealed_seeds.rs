use async_trait::async_trait;
use doorward_kernel::{EpochId, StoreError, UserId};
use doorward_otp::{ResealedSeed, SealedSeed, SealedSeeds};

use super::{MemoryStore, state::State};

#[async_trait]
impl SealedSeeds for MemoryStore {
    async fn count(&self, epoch: EpochId) -> Result<u64, StoreError> {
        Ok(self.read(|state| seeds(state).iter().filter(|(_, seed)| seed.epoch == epoch).count()) as u64)
    }

    async fn list(
        &self,
        epoch: EpochId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, SealedSeed)>, StoreError> {
        let mut seeds = self.read(seeds);
        seeds.retain(|(user, seed)| seed.epoch == epoch && after.is_none_or(|after| after < *user));
        let last = seeds.iter().take(limit as usize).next_back().map(|(user, _)| *user);
        seeds.retain(|(user, _)| last.is_some_and(|last| *user <= last));
        Ok(seeds)
    }

    async fn replace(&self, resealed: Vec<ResealedSeed>) -> Result<u64, StoreError> {
        self.write(|state| {
            let mut replaced = 0;
            for ResealedSeed { user, from, to } in resealed {
                let app = state.authenticators.get_mut(&user).map(|found| &mut found.seed);
                let held = state.pending_authenticators.get_mut(&user).map(|found| &mut found.seed);
                for seed in app.into_iter().chain(held).filter(|seed| **seed == from) {
                    *seed = to.clone();
                    replaced += 1;
                }
            }
            Ok(replaced)
        })
    }
}

/// The seeds of apps that count, or wait to, and of those that are held, by their users.
fn seeds(state: &State) -> Vec<(UserId, SealedSeed)> {
    let apps = state.authenticators.values().map(|app| (app.user, app.seed.clone()));
    let mut seeds: Vec<_> =
        apps.chain(state.pending_authenticators.values().map(|held| (held.user, held.seed.clone()))).collect();
    seeds.sort_by_key(|(user, _)| *user);
    seeds
}
