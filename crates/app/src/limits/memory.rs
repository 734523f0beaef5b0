use std::sync::{Mutex, atomic::AtomicI64};

use doorward_kernel::{ChallengeId, DeviceOwner};
use doorward_limit::BucketKey;

use super::{DestinationChecks, flow_locks::FlowLocks, incidents::Incident};
use crate::recent::Recent;

/// A node's cache of refusals, owners and flows, so that a flood costs few statements.
#[derive(Debug, Default)]
pub struct Memory {
    /// Buckets that have just refused, and the seconds that their callers were told to wait.
    pub(super) refused: Recent<BucketKey, u32>,
    /// Until when any bucket is among them, in microseconds.
    pub(super) refused_until: AtomicI64,
    /// The owners of identifiers that refused callers name.
    pub(super) owners: Recent<[u8; 32], Option<DeviceOwner>>,
    /// The flows that refused callers name and no known device started.
    pub(super) flows_of_strangers: Recent<ChallengeId, ()>,
    /// Whether the numbers of this node's starts were found verified, so that the worker need not look again.
    pub(super) destination_checks: Recent<[u8; 32], DestinationChecks>,
    /// Incidents that are not recorded again yet; the shared limit decides for all nodes.
    pub(super) cooldowns: Recent<BucketKey, ()>,
    /// Incidents to record within a second.
    pub(super) incidents: Mutex<Vec<Incident>>,
    /// Which flows are being tried.
    pub(super) flow_locks: FlowLocks,
}
