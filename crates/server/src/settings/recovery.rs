use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{setting_errors::SettingErrors, text};

/// The time in which a change can be undone; a hold beyond it would protect nobody.
const LONGEST: Duration = Duration::from_hours(72);

/// Time to read two codes, and not more than people need for that.
const SHORTEST_SESSION: Duration = Duration::from_mins(5);
const LONGEST_SESSION: Duration = Duration::from_hours(1);

/// `recovery`: how people get back in who have lost something.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recovery {
    /// The time that an account must have had its address before that recovers it, and the time that its
    /// owner can object before a number takes the place of a verified one.
    #[serde(with = "text")]
    pub hold: Duration,
    /// The lifetime of a session that may only bind.
    #[serde(with = "text")]
    pub binding_ttl: Duration,
}

impl Default for Recovery {
    fn default() -> Self {
        Self { hold: Duration::from_hours(24), binding_ttl: Duration::from_mins(15) }
    }
}

impl Recovery {
    pub(super) fn check(&self, faults: &mut SettingErrors) {
        faults.unless(self.hold <= LONGEST, "recovery.hold", "must be at most 3d");
        let is_short = (SHORTEST_SESSION..=LONGEST_SESSION).contains(&self.binding_ttl);
        faults.unless(is_short, "recovery.binding_ttl", "must be 5m to 1h");
    }
}
