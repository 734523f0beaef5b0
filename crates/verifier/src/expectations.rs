use std::time::Duration;

use crate::{Acr, Claims, VerifyError};

/// The claims that a token must have to be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectations {
    issuer: String,
    audience: String,
    leeway: Duration,
    max_lifetime: Duration,
    acr: Acr,
}

impl Expectations {
    /// Tokens of this issuer (`iss`, compared byte by byte) for this audience (one of `aud`).
    ///
    /// Clocks may differ by 30 seconds, a token may live for an hour, and `acr` must be `aal1`.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into(),
            leeway: Duration::from_secs(30),
            max_lifetime: Duration::from_hours(1),
            acr: Acr::Aal1,
        }
    }

    /// By how much this clock and the issuer's may differ.
    pub fn leeway(self, leeway: Duration) -> Self {
        Self { leeway, ..self }
    }

    /// The longest `exp - iat`; a longer one was not made by a Doorward in its senses.
    pub fn max_lifetime(self, max_lifetime: Duration) -> Self {
        Self { max_lifetime, ..self }
    }

    /// The weakest `acr` that is good for anything here.
    pub fn acr(self, acr: Acr) -> Self {
        Self { acr, ..self }
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Judges claims whose signature is right, at that second.
    pub(crate) fn accept(&self, claims: &Claims, now: u64) -> Result<(), VerifyError> {
        let leeway = self.leeway.as_secs();
        let latest = now.saturating_add(leeway);
        let lifetime = claims.exp.checked_sub(claims.iat).filter(|seconds| *seconds > 0);

        if claims.iss != self.issuer {
            Err(VerifyError::Issuer)
        } else if !claims.aud.contains(&self.audience) {
            Err(VerifyError::Audience)
        } else if claims.exp.saturating_add(leeway) <= now {
            Err(VerifyError::Expired)
        } else if claims.nbf > latest {
            Err(VerifyError::NotYetValid)
        } else if claims.iat > latest || claims.auth_time > latest {
            Err(VerifyError::FromTheFuture)
        } else if lifetime.is_none_or(|seconds| seconds > self.max_lifetime.as_secs()) {
            Err(VerifyError::Lifetime)
        } else if !claims.acr.is_at_least(self.acr) {
            Err(VerifyError::Assurance(self.acr))
        } else {
            Ok(())
        }
    }
}
