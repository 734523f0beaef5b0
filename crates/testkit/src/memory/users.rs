use async_trait::async_trait;
use doorward_kernel::{EmailAddress, PhoneNumber, StoreError, Timestamp, UserId};
use doorward_user::{PasswordVerifier, PhoneHolders, Replaced, User, Users};

use super::MemoryStore;

/// The most claimants that are told of.
const CLAIMANTS: usize = 100;

#[async_trait]
impl Users for MemoryStore {
    async fn find_by_id(&self, user: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.read(|state| state.users.get(&user).map(|account| account.user.clone())))
    }

    async fn find_by_email(&self, email: &EmailAddress) -> Result<Option<User>, StoreError> {
        Ok(self.read(|state| state.owner(email).map(|account| account.user.clone())))
    }

    async fn find_by_phone(&self, number: &PhoneNumber) -> Result<PhoneHolders, StoreError> {
        let mut holders = self.users();
        holders.retain(|user| user.carries(number));
        let (mut owners, mut claimants): (Vec<_>, Vec<_>) =
            holders.into_iter().partition(|user| user.has_verified(number));
        claimants.truncate(CLAIMANTS);
        Ok(PhoneHolders { owner: owners.pop(), claimants })
    }

    async fn credentials_by_email(&self, email: &EmailAddress) -> Result<Option<(User, PasswordVerifier)>, StoreError> {
        Ok(self.read(|state| state.owner(email).map(|account| (account.user.clone(), account.verifier.clone()))))
    }

    async fn credentials_by_phone(&self, number: &PhoneNumber) -> Result<Option<(User, PasswordVerifier)>, StoreError> {
        Ok(self.read(|state| {
            let owner = state.users.values().find(|account| account.user.has_verified(number))?;
            Some((owner.user.clone(), owner.verifier.clone()))
        }))
    }

    async fn verifier(&self, user: UserId) -> Result<Option<PasswordVerifier>, StoreError> {
        Ok(self.read(|state| state.users.get(&user).map(|account| account.verifier.clone())))
    }

    async fn find_by_settled_email(&self, email: &EmailAddress, since: Timestamp) -> Result<Option<User>, StoreError> {
        Ok(self.read(|state| {
            let owner = &state.owner(email)?.user;
            let has_changed = state.changes.values().any(|change| {
                change.user == owner.id && change.at >= since && matches!(change.replaced, Replaced::Email { .. })
            });
            (!has_changed).then(|| owner.clone())
        }))
    }
}
