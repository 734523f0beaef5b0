use async_trait::async_trait;
use doorward_app::claims::{Claims, DropClaims, VoidClaims};
use doorward_kernel::{PhoneNumber, StoreError};
use doorward_user::Users;

use super::MemoryStore;

#[async_trait]
impl Claims for MemoryStore {
    async fn find_void(&self) -> Result<Option<VoidClaims>, StoreError> {
        let noted = self.read(|state| state.void_claims.iter().next().map(|(number, until)| (number.clone(), *until)));
        let Some((number, made_until)) = noted else { return Ok(None) };
        let number = PhoneNumber::from_stored(number).ok_or_else(|| StoreError::failed("a number cannot be read"))?;
        let mut claimants = self.find_by_phone(&number).await?.claimants;
        claimants.retain(|claimant| claimant.created_at <= made_until);
        Ok(Some(VoidClaims { number, made_until, claimants }))
    }

    async fn drop_void(&self, DropClaims { number, made_until, drops, now }: DropClaims) -> Result<u64, StoreError> {
        self.write(|state| {
            let mut dropped = 0;
            for drop in drops {
                let is_claimant =
                    state.users.get(&drop.user).is_some_and(|account| !account.user.has_verified(&number));
                if is_claimant && state.take(drop.user, &number, now) {
                    state.post(drop.notice)?;
                    state.record(drop.audit);
                    dropped += 1;
                }
            }
            let is_newer = state.void_claims.get(number.as_str()).is_some_and(|until| *until > made_until);
            if !is_newer && !state.has_claims(&number, made_until) {
                state.void_claims.remove(number.as_str());
            }
            Ok(dropped)
        })
    }
}
