use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{setting_errors::SettingErrors, text};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

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
    /// The time after its use in which a spent refresh token gets its unused successor again.
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

impl Session {
    /// The limits are those of NIST SP 800-63B-4, sections 2.1.3 and 2.2.3.
    pub(super) fn check(&self, faults: &mut SettingErrors) {
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
