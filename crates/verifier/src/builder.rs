use std::{fmt, time::Duration};

use crate::{
    Acr, Expectations, JwksSource, Verifier,
    cache::{CacheTimes, KeyCache},
};
#[cfg(feature = "http")]
use crate::{HttpJwks, HttpJwksError};

/// Settings of a [`Verifier`]; each has a default.
pub struct VerifierBuilder {
    expectations: Expectations,
    jwks_url: Option<String>,
    source: Option<Box<dyn JwksSource>>,
    times: CacheTimes,
}

/// Why there is no verifier with these settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Without the feature `http` the keys need a [`JwksSource`].
    #[error("there is no source of keys")]
    NoSource,
    /// The keys cannot be fetched from that address.
    #[cfg(feature = "http")]
    #[error("the key set's address cannot be used")]
    Http(#[from] HttpJwksError),
}

impl VerifierBuilder {
    pub(crate) fn new(expectations: Expectations) -> Self {
        Self { expectations, jwks_url: None, source: None, times: CacheTimes::default() }
    }

    /// Sets the URL of the key set; `{issuer}/.well-known/jwks.json` if not called.
    pub fn jwks_url(self, url: impl Into<String>) -> Self {
        Self { jwks_url: Some(url.into()), ..self }
    }

    /// Another way to the key set than HTTPS.
    pub fn source(self, source: impl JwksSource + 'static) -> Self {
        Self { source: Some(Box::new(source)), ..self }
    }

    /// Sets by how much the clocks may differ; 30 seconds if not called.
    pub fn leeway(self, leeway: Duration) -> Self {
        Self { expectations: self.expectations.leeway(leeway), ..self }
    }

    /// Sets the longest life a token may have; an hour if not called.
    pub fn max_lifetime(self, max_lifetime: Duration) -> Self {
        Self { expectations: self.expectations.max_lifetime(max_lifetime), ..self }
    }

    /// Sets the weakest `acr` that is accepted; `aal1` if not called.
    pub fn acr(self, acr: Acr) -> Self {
        Self { expectations: self.expectations.acr(acr), ..self }
    }

    /// Sets the least time between fetches for unknown keys or after failures; 10 seconds if not called.
    pub fn refresh_interval(self, refresh_interval: Duration) -> Self {
        Self { times: CacheTimes { refresh_interval, ..self.times }, ..self }
    }

    /// Sets how long old keys serve while the issuer cannot be reached; 24 hours if not called.
    pub fn keep_through_outage(self, keep_through_outage: Duration) -> Self {
        Self { times: CacheTimes { keep_through_outage, ..self.times }, ..self }
    }

    /// Makes the verifier; nothing is fetched yet.
    pub fn build(self) -> Result<Verifier, BuildError> {
        let source = match self.source {
            Some(source) => source,
            None => http_source(self.jwks_url, self.expectations.issuer())?,
        };
        Ok(Verifier::new(KeyCache::new(source, self.times), self.expectations))
    }
}

#[cfg(feature = "http")]
fn http_source(url: Option<String>, issuer: &str) -> Result<Box<dyn JwksSource>, BuildError> {
    let url = url.unwrap_or_else(|| format!("{}/.well-known/jwks.json", issuer.trim_end_matches('/')));
    Ok(Box::new(HttpJwks::new(&url)?))
}

#[cfg(not(feature = "http"))]
fn http_source(_: Option<String>, _: &str) -> Result<Box<dyn JwksSource>, BuildError> {
    Err(BuildError::NoSource)
}

impl fmt::Debug for VerifierBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("VerifierBuilder")
            .field("expectations", &self.expectations)
            .field("times", &self.times)
            .finish_non_exhaustive()
    }
}
