use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{fault::Faults, text};

/// The time in which a change can be undone; a hold beyond it would protect nobody.
const LONGEST: Duration = Duration::from_hours(72);

/// `recovery`: how people get back in who have lost something.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recovery {
    /// How long an account must have had its address before that recovers it.
    #[serde(with = "text")]
    pub hold: Duration,
}

impl Default for Recovery {
    fn default() -> Self {
        Self { hold: Duration::from_hours(24) }
    }
}

impl Recovery {
    pub(super) fn check(&self, faults: &mut Faults) {
        faults.unless(self.hold <= LONGEST, "recovery.hold", "must be at most 3d");
    }
}
