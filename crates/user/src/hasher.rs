use std::{error::Error, fmt, time::Duration};

use async_trait::async_trait;
use doorward_kernel::UserId;

use crate::Password;

/// The stored form of a password: a PHC string whose hash is encrypted and bound to its user.
///
/// Without the root secret it cannot be tested offline, and in another user's row it opens nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordVerifier(String);

impl PasswordVerifier {
    /// Wraps the text a hasher made or a store kept.
    pub const fn from_text(text: String) -> Self {
        Self(text)
    }

    /// The verifier of an account without a password: none is right, and checking one takes what a wrong one takes.
    pub fn none() -> Self {
        Self("!".to_owned())
    }

    /// The text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The `keyid` of the PHC string: the key that the hash is sealed under, six characters.
    pub fn key_id(&self) -> Option<&str> {
        let (_, rest) = self.0.split_once("keyid=")?;
        rest.get(..6)
    }
}

impl fmt::Debug for PasswordVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The result of comparing a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordCheck {
    /// It is the right one.
    Right,
    /// It is the right one, and its verifier should be made anew (parameters or keys have moved on).
    RightButStale,
    /// It is not.
    Wrong,
}

/// Why a password could not be hashed now.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// More hashes are asked for than the machine can make.
    #[error("too many passwords are being checked")]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// The hasher failed.
    #[error("the hasher failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

/// Makes and checks password verifiers (Argon2id, RFC 9106), bounded in memory and waiting time.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Makes the verifier of a new password, bound to its user.
    async fn hash(&self, user: UserId, password: &Password) -> Result<PasswordVerifier, HashError>;

    /// Compares a password with a user's verifier.
    ///
    /// [`PasswordCheck::Wrong`] takes the same work whatever is on file, and so it does where there
    /// is nothing to compare with. What will be denied in any case must therefore be asked with
    /// `None`: a right password is found sooner, and a denial that comes sooner tells of it.
    async fn verify(
        &self,
        password: &Password,
        verifier: Option<(UserId, PasswordVerifier)>,
    ) -> Result<PasswordCheck, HashError>;
}
