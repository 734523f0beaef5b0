use std::time::Duration;

use doorward_breaches_hibp::HibpSettings;
use doorward_crypto::HashParameters;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{setting_errors::SettingErrors, text};

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
    /// The longest time that a look-up may take; then the password is taken.
    #[serde(with = "text")]
    pub breach_timeout: Duration,
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

impl Password {
    /// The fewest code points of a password that alone opens a session (NIST SP 800-63B-4, section 3.1.1.1).
    pub(super) const SINGLE_FACTOR_LENGTH: usize = 15;

    pub(super) fn check(&self, faults: &mut SettingErrors) {
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
