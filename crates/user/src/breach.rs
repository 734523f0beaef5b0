use std::error::Error;

use async_trait::async_trait;

use crate::Password;

/// Why nobody can say whether a password was in a breach.
#[derive(Debug, thiserror::Error)]
#[error("breached passwords cannot be looked up")]
pub struct BreachError(#[source] Box<dyn Error + Send + Sync>);

impl BreachError {
    /// Wraps what went wrong; it must tell nothing of the password.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

/// Looks up passwords from known breaches (NIST SP 800-63B-4, section 3.1.1.2).
///
/// A look-up must not tell anybody the password, nor a digest by which it could be tried offline.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait BreachedPasswords: Send + Sync {
    /// Returns whether the password was in a breach; it answers or fails within a few seconds.
    async fn contains(&self, password: &Password) -> Result<bool, BreachError>;
}
