use doorward_kernel::StoreError;
use doorward_limit::Take;
use doorward_user::{HashError, Password, PasswordCheck, PasswordVerifier};

use super::Profile;
use crate::{
    SignedIn,
    limits::{Caller, TryEnd, say_limited},
};

/// Why the current password opens nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CurrentPasswordError {
    /// The caller's host or network, or the account, has used up a bucket.
    #[error("a rate limit is exhausted")]
    Limited {
        /// The seconds to wait.
        retry_after: u32,
    },
    /// It is wrong.
    #[error("the current password is wrong")]
    Incorrect,
    /// It could not be checked now.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Profile {
    /// The verifier, if the password is right; what the change takes is taken with the try.
    pub(crate) async fn check_password(
        &self,
        signed_in: &SignedIn,
        current: &Password,
        caller: &Caller,
        takes: Vec<Take>,
    ) -> Result<PasswordVerifier, CurrentPasswordError> {
        let lockouts = &self.verification.lockouts;
        let now = self.verification.clock_and_ids.now();
        let user = &signed_in.user;
        let attempt = lockouts.password_change(signed_in, caller, takes, now).await?;
        // Nothing is compared where a right password would not count either: it would be denied sooner.
        let verifier = self.users.verifier(user.id).await?.filter(|_| attempt.is_looked_at);
        let check = match self.hasher.verify(current, verifier.clone().map(|verifier| (user.id, verifier))).await {
            Ok(check) => check,
            Err(busy) => {
                lockouts.settle(&attempt, TryEnd::Unread, now).await;
                return Err(busy.into());
            }
        };
        let right = verifier.filter(|_| check != PasswordCheck::Wrong);
        lockouts.settle(&attempt, TryEnd::of(right.is_some()), now).await;
        right.ok_or(CurrentPasswordError::Incorrect)
    }
}

say_limited!(CurrentPasswordError);
