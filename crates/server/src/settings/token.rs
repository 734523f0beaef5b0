use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{setting_errors::SettingErrors, text};

/// `token`: what access tokens say.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Token {
    /// The time that an access token is good.
    #[serde(with = "text")]
    pub access_ttl: Duration,
    /// How it is signed.
    pub algorithm: Algorithm,
    /// Its `iss`.
    pub issuer: String,
    /// Its `aud`.
    pub audience: String,
}

/// A way to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Default for Token {
    fn default() -> Self {
        Self {
            access_ttl: Duration::from_mins(5),
            algorithm: Algorithm::Es256,
            issuer: String::new(),
            audience: String::new(),
        }
    }
}

impl Token {
    pub(super) fn check(&self, faults: &mut SettingErrors) {
        let lives = Duration::from_secs(1)..=Duration::from_mins(15);
        faults.unless(lives.contains(&self.access_ttl), "token.access_ttl", "must be 1s to 15m");
        for (setting, text) in [("token.issuer", &self.issuer), ("token.audience", &self.audience)] {
            faults.unless(!text.trim().is_empty(), setting, "must not be empty; leave it out for http.public_url");
        }
    }
}
