use std::time::Duration;

use doorward_kernel::Timestamp;

use super::recent::Recent;

/// What this node has told a while ago: the budget that all nodes share decides how often something is told.
#[derive(Debug, Default)]
pub(super) struct RecentlyTold(Recent<[u8; 32], ()>);

impl RecentlyTold {
    /// Makes the incident quiet for that time; whether it was not so already.
    pub(super) fn begin(&self, incident: [u8; 32], time: Duration, now: Timestamp) -> bool {
        self.0.learn(incident, (), time, now)
    }

    /// Changes until when the incident is quiet, as another node told of it before.
    pub(super) fn end_at(&self, incident: [u8; 32], until: Timestamp) {
        self.0.end_at(incident, until);
    }

    /// Lets the incident be told at once, as nobody was told.
    pub(super) fn forget(&self, incident: [u8; 32]) {
        self.0.forget(incident);
    }
}
