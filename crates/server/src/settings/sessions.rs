use std::time::Duration;

use doorward_breaches_hibp::HibpSettings;
use doorward_crypto::HashParameters;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{fault::Faults, text};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// `password`: what passwords must be, and how they are hashed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Password {
    /// Whether a password alone opens a session.
    pub single_factor: bool,
    /// The fewest code points.
    pub min_length: usize,
    /// The memory of one Argon2id hash, in KiB.
    pub memory_kib: u32,
    /// The passes over that memory.
    pub iterations: u32,
    /// Wrong passwords in a row after which tries must wait.
    pub backoff_after: u8,
    /// Where new passwords are looked up in breaches; without it, they are not.
    #[serde(with = "text::option")]
    pub breach_url: Option<Url>,
    /// How long a look-up may take; then the password is taken.
    #[serde(with = "text")]
    pub breach_timeout: Duration,
}

/// `session`: how long people stay logged in.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Session {
    /// The longest time without use.
    #[serde(with = "text")]
    pub idle: Duration,
    /// The longest life.
    #[serde(with = "text")]
    pub absolute: Duration,
    /// The longest time without use before a session falls back from `aal2` to `aal1`.
    #[serde(with = "text")]
    pub aal2_idle: Duration,
    /// The longest time before a session falls back from `aal2` to `aal1`.
    #[serde(with = "text")]
    pub aal2_absolute: Duration,
    /// Sessions that a user may have; a further one ends the least recently used.
    pub max_per_user: u32,
    /// How long after its use a spent refresh token gets its unused successor again.
    #[serde(with = "text")]
    pub refresh_leeway: Duration,
    /// The least assurance of a session; below it, it ends.
    pub require: Assurance,
}

/// The authentication assurance level that logins must reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Assurance {
    /// One factor.
    Aal1,
    /// Two factors.
    Aal2,
}

/// `token`: what access tokens say.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Token {
    /// How long an access token is good.
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

impl Default for Password {
    fn default() -> Self {
        Self {
            single_factor: false,
            min_length: 8,
            memory_kib: 19_456,
            iterations: 2,
            backoff_after: 10,
            breach_url: None,
            breach_timeout: HibpSettings::TIMEOUT,
        }
    }
}

impl Default for Session {
    fn default() -> Self {
        Self {
            idle: DAY,
            absolute: 30 * DAY,
            aal2_idle: HOUR,
            aal2_absolute: DAY,
            max_per_user: 20,
            refresh_leeway: Duration::from_secs(10),
            require: Assurance::Aal1,
        }
    }
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

impl Password {
    /// The fewest code points of a password that alone opens a session (NIST SP 800-63B-4, section 3.1.1.1).
    pub(super) const SINGLE_FACTOR_LENGTH: usize = 15;

    pub(super) fn check(&self, faults: &mut Faults) {
        let shortest = if self.single_factor { Self::SINGLE_FACTOR_LENGTH } else { 8 };
        let is_long = (shortest..=64).contains(&self.min_length);
        faults.unless(is_long, "password.min_length", format!("must be {shortest} to 64"));
        if let Err(error) = HashParameters::new(self.memory_kib, self.iterations, 1) {
            let is_iterations = !(1..=HashParameters::MAX_ITERATIONS).contains(&self.iterations);
            let setting = if is_iterations { "password.iterations" } else { "password.memory_kib" };
            faults.add(setting, error.to_string());
        }
        faults.unless((1..=100).contains(&self.backoff_after), "password.backoff_after", "must be 1 to 100");
        let is_sound = self.breach_url.as_ref().is_none_or(|url| HibpSettings::check_url(url).is_ok());
        let problem = "must be https unless the host is loopback, without user, password and query";
        faults.unless(is_sound, "password.breach_url", problem);
        let waits = Duration::from_secs(1)..=Duration::from_secs(10);
        faults.unless(waits.contains(&self.breach_timeout), "password.breach_timeout", "must be 1s to 10s");
    }
}

impl Session {
    /// The limits are those of NIST SP 800-63B-4, sections 2.1.3 and 2.2.3.
    pub(super) fn check(&self, faults: &mut Faults) {
        let lives = |most: Duration| Duration::from_secs(1)..=most;
        faults.unless(lives(30 * DAY).contains(&self.absolute), "session.absolute", "must be 1s to 30d");
        let is_ordered = lives(self.absolute).contains(&self.idle);
        faults.unless(is_ordered, "session.idle", "must be 1s to session.absolute");
        faults.unless(lives(HOUR).contains(&self.aal2_idle), "session.aal2_idle", "must be 1s to 1h");
        faults.unless(lives(DAY).contains(&self.aal2_absolute), "session.aal2_absolute", "must be 1s to 1d");
        let is_short = self.refresh_leeway <= Duration::from_secs(10);
        faults.unless(is_short, "session.refresh_leeway", "must be at most 10s");
        faults.unless((1..=10_000).contains(&self.max_per_user), "session.max_per_user", "must be 1 to 10000");
    }
}

impl Token {
    pub(super) fn check(&self, faults: &mut Faults) {
        let lives = Duration::from_secs(1)..=Duration::from_mins(15);
        faults.unless(lives.contains(&self.access_ttl), "token.access_ttl", "must be 1s to 15m");
        for (setting, text) in [("token.issuer", &self.issuer), ("token.audience", &self.audience)] {
            faults.unless(!text.trim().is_empty(), setting, "must not be empty; leave it out for http.public_url");
        }
    }
}
