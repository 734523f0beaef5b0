use std::time::Duration;

use doorward_crypto::RootSecret;
use doorward_kernel::RootChecks;
use serde::{Deserialize, Serialize};

use super::{setting_errors::SettingErrors, text};

/// `keys`: the root secret, from which all keys are derived, and their rotation.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// The root secret. Only the dev profile may omit it and then generates one.
    #[serde(with = "text::option")]
    pub root_secret: Option<RootSecret>,
    /// The previous root secret, needed while epochs derived from it are accepted.
    #[serde(with = "text::option")]
    pub former_root_secret: Option<RootSecret>,
    /// The time between two key rotations.
    #[serde(with = "text")]
    pub rotate_every: Duration,
    /// The interval at which a node reloads the epochs from the database.
    #[serde(with = "text")]
    pub reload_every: Duration,
    /// The time that a new key is published before it is used.
    #[serde(with = "text")]
    pub publish_ahead: Duration,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            root_secret: None,
            former_root_secret: None,
            rotate_every: Duration::from_hours(30 * 24),
            reload_every: Duration::from_secs(30),
            publish_ahead: Duration::from_hours(24),
        }
    }
}

impl Keys {
    pub(super) fn check(&self, faults: &mut SettingErrors) {
        let check = |root: &Option<RootSecret>| root.as_ref().and_then(|root| root.root_check(&[0; 32]));
        let is_another =
            self.former_root_secret.is_none() || check(&self.former_root_secret) != check(&self.root_secret);
        faults.unless(is_another, "keys.former_root_secret", "must be another one than keys.root_secret");
        let is_short = self.publish_ahead < self.rotate_every;
        faults.unless(is_short, "keys.publish_ahead", "must be shorter than keys.rotate_every");
        let is_seen = self.publish_ahead >= 2 * self.reload_every;
        faults.unless(
            is_seen,
            "keys.publish_ahead",
            "must be at least twice keys.reload_every, so that every node knows a key before it is used",
        );
        let is_bounded = self.rotate_every <= Duration::from_hours(365 * 24);
        faults.unless(is_bounded, "keys.rotate_every", "must be at most 365d");
        let is_bounded = (1..=300).contains(&self.reload_every.as_secs());
        faults.unless(is_bounded, "keys.reload_every", "must be 1s to 5m");
    }
}
