use std::sync::Arc;

use doorward_kernel::{AuditEvent, AuditKind, StoreError, UserId};
use doorward_user::{HashError, Password, PasswordHasher, PasswordVerifier};

use crate::{
    ClockAndIds,
    logins::{Logins, Rehash, RehashOutcome},
};

/// A verifier that should be made anew, and the password it is for.
#[derive(Clone, Debug)]
pub struct StaleVerifier {
    /// Whose.
    pub user: UserId,
    /// The outdated verifier.
    pub verifier: PasswordVerifier,
    /// The password that was right.
    pub password: Password,
}

/// Has outdated verifiers made anew, beside the call that found them.
pub trait Rehashes: Send + Sync {
    /// Takes a note and returns at once; where there is no time for it, the next login asks again.
    fn ask(&self, stale: StaleVerifier);
}

/// Makes outdated verifiers anew: those of weaker parameters, older keys or another service.
#[derive(Clone)]
pub struct Rehashing {
    /// Clock and id generator.
    pub clock_and_ids: ClockAndIds,
    /// Makes the new verifier.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Where it is kept.
    pub logins: Arc<dyn Logins>,
}

/// Why a verifier stays as it is; the next login tries again.
#[derive(Debug, thiserror::Error)]
pub enum RehashError {
    /// The password could not be hashed now.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Rehashing {
    /// Makes a verifier anew, unless the password was changed in between.
    #[tracing::instrument(level = "debug", name = "password_login.renew", skip_all)]
    pub async fn renew(&self, stale: StaleVerifier) -> Result<RehashOutcome, RehashError> {
        let StaleVerifier { user, verifier, password } = stale;
        let new = self.hasher.hash(user, &password).await?;
        let now = self.clock_and_ids.now();
        let audit = AuditEvent { user: Some(user), ..self.clock_and_ids.event(AuditKind::PasswordRehashed, now) };
        Ok(self.logins.rehash(Rehash { user, old: verifier, new, audit }).await?)
    }
}
