use std::time::Duration;

use doorward_kernel::Timestamp;

use super::recent::Recent;

/// Incidents that this node has recorded a while ago; the limit that all nodes share decides how often one is recorded.
#[derive(Debug, Default)]
pub(super) struct IncidentCooldowns(Recent<[u8; 32], ()>);

impl IncidentCooldowns {
    /// Makes the incident quiet for that time; whether it was not so already.
    pub(super) fn begin(&self, incident: [u8; 32], time: Duration, now: Timestamp) -> bool {
        self.0.learn(incident, (), time, now)
    }

    /// Changes until when the incident is quiet, as another node told of it before.
    pub(super) fn end_at(&self, incident: [u8; 32], until: Timestamp) {
        self.0.end_at(incident, until);
    }

    /// Lets the incident be recorded at once.
    pub(super) fn forget(&self, incident: [u8; 32]) {
        self.0.forget(incident);
    }
}
