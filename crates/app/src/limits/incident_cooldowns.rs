use std::time::Duration;

use doorward_kernel::Timestamp;

use super::recent::Recent;

/// Incidents that this node recorded recently and does not record again yet; the shared limit decides for all nodes.
#[derive(Debug, Default)]
pub(super) struct IncidentCooldowns(Recent<[u8; 32], ()>);

impl IncidentCooldowns {
    /// Starts the cooldown of an incident; returns whether none was running.
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
