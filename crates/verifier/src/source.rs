use std::{error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::KeySetError;

/// The source of an issuer's key set; HTTPS unless a test or a mesh brings another.
#[async_trait]
pub trait JwksSource: Send + Sync {
    /// Fetches the key set once, without retries; it is dropped after ten seconds.
    async fn fetch(&self) -> Result<JwksDocument, JwksError>;
}

#[async_trait]
impl<S: JwksSource + ?Sized> JwksSource for Arc<S> {
    async fn fetch(&self) -> Result<JwksDocument, JwksError> {
        self.as_ref().fetch().await
    }
}

/// A key set as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwksDocument {
    /// The JSON text (RFC 7517, section 5).
    pub body: Vec<u8>,
    /// For how long it may be kept, if the source said so; held between a minute and an hour.
    pub max_age: Option<Duration>,
}

/// Why there is no new key set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JwksError {
    /// The issuer was not reached, or broke off.
    #[error("the issuer cannot be reached")]
    Transport(#[source] Box<dyn Error + Send + Sync>),
    /// The issuer answered with this status; redirects are not followed.
    #[error("the issuer answered {0}")]
    Status(u16),
    /// The answer has more than 64 KiB.
    #[error("the key set is too large")]
    TooLarge,
    /// There was no answer in time.
    #[error("the issuer did not answer in time")]
    TimedOut,
    /// The answer is no key set.
    #[error("the answer cannot be used")]
    Document(#[from] KeySetError),
}
