use std::{fmt, sync::Arc, time::SystemTime};

use crate::{Claims, Expectations, VerifierBuilder, VerifyError, cache::KeyCache, presented::Presented};

/// Verifies access tokens of one issuer for one audience.
///
/// Clones share their keys: make one, at the start, and hand it round.
#[derive(Clone)]
pub struct Verifier {
    keys: Arc<KeyCache>,
    expectations: Arc<Expectations>,
}

impl Verifier {
    /// Begins a verifier of tokens with that `iss` for a service named by that `aud`.
    pub fn builder(issuer: impl Into<String>, audience: impl Into<String>) -> VerifierBuilder {
        VerifierBuilder::new(Expectations::new(issuer, audience))
    }

    pub(crate) fn new(keys: KeyCache, expectations: Expectations) -> Self {
        Self { keys: Arc::new(keys), expectations: Arc::new(expectations) }
    }

    /// The claims of a token that is good now.
    ///
    /// Waits for the network only when there are no keys yet, when they have grown old unused, or
    /// for a key that may be new.
    #[allow(clippy::disallowed_methods, reason = "There is no port here: `verify_at` is for other clocks.")]
    pub async fn verify(&self, token: &str) -> Result<Claims, VerifyError> {
        self.verify_at(token, SystemTime::now()).await
    }

    /// As [`Verifier::verify`], by another clock.
    pub async fn verify_at(&self, token: &str, now: SystemTime) -> Result<Claims, VerifyError> {
        // Before any key: what cannot be a token costs nobody a fetch.
        let token = Presented::parse(token)?;
        let keys = self.keys.keys().await?;
        let verdict = keys.verify_presented(&token, &self.expectations, now);
        if verdict != Err(VerifyError::UnknownKey) {
            return verdict;
        }
        match self.keys.newer_keys(token.kid, &keys).await {
            Some(keys) => keys.verify_presented(&token, &self.expectations, now),
            None => verdict,
        }
    }

    /// Fetches the keys now, so that the first request need not wait for them.
    pub async fn warm_up(&self) -> Result<(), VerifyError> {
        self.keys.keys().await.map(drop)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Verifier").field("expectations", &self.expectations).finish_non_exhaustive()
    }
}
