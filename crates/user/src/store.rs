use async_trait::async_trait;
use doorward_kernel::{EmailAddress, PhoneNumber, StoreError, Timestamp, UserId};

use crate::{PasswordVerifier, User};

/// The accounts with a number: its verified owner and its unverified claimants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhoneHolders {
    /// The one account whose owner has verified the number.
    pub owner: Option<User>,
    /// Accounts that only claim it, oldest first, at most 100.
    pub claimants: Vec<User>,
}

impl PhoneHolders {
    /// The holder of that id.
    pub fn find(&self, user: UserId) -> Option<&User> {
        self.owner.iter().chain(&self.claimants).find(|holder| holder.id == user)
    }
}

/// Read access to accounts, disabled ones included: the caller must check the status. Writes are ports of the use cases.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Users: Send + Sync {
    /// The account.
    async fn find_by_id(&self, user: UserId) -> Result<Option<User>, StoreError>;

    /// The account with that address, compared by its key.
    async fn find_by_email(&self, email: &EmailAddress) -> Result<Option<User>, StoreError>;

    /// The account of that address, compared by its key, if it has had the address since before
    /// that instant: none of its changes of address that still stand was made at or after it.
    async fn find_by_settled_email(&self, email: &EmailAddress, since: Timestamp) -> Result<Option<User>, StoreError>;

    /// The owner and the claimants of the number.
    async fn find_by_phone(&self, number: &PhoneNumber) -> Result<PhoneHolders, StoreError>;

    /// The account and its password verifier, by the address's key.
    async fn credentials_by_email(&self, email: &EmailAddress) -> Result<Option<(User, PasswordVerifier)>, StoreError>;

    /// The account whose owner has verified the number, and its password verifier.
    async fn credentials_by_phone(&self, number: &PhoneNumber) -> Result<Option<(User, PasswordVerifier)>, StoreError>;

    /// The password verifier of an account.
    async fn verifier(&self, user: UserId) -> Result<Option<PasswordVerifier>, StoreError>;
}
