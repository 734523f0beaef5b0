use super::{
    flow_locks::FlowLocks, incident_cooldowns::IncidentCooldowns, incident_queue::IncidentQueue, leases::Leases,
    recently_refused::RecentlyRefused, refunds::Refunds, repeated_refusals::Named, standings::Standings,
};

/// What a node remembers for a while, so that a flood costs few statements.
#[derive(Debug, Default)]
pub struct Memory {
    /// Callers that were just refused.
    pub(super) refused: RecentlyRefused,
    /// What those named.
    pub(super) named: Named,
    /// Which flows are being tried.
    pub(super) flows: FlowLocks,
    /// Whether the numbers of its starts were found verified.
    pub(super) standings: Standings,
    /// What it has to record.
    pub(super) incidents: IncidentQueue,
    /// Which incidents it has recorded a while ago.
    pub(super) cooldowns: IncidentCooldowns,
    /// What it has given back and not written yet.
    pub(super) refunds: Refunds,
    /// What it holds of buckets that all share.
    pub(super) leases: Leases,
}
