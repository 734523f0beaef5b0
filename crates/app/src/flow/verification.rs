use std::sync::Arc;

use doorward_kernel::{AuditEvent, AuditKind, Timestamp};
use doorward_notifier::{Deliveries, OutboxSignal};
use doorward_otp::{Challenge, FlowKeys, Policy};

use super::{FlowView, Flows};
use crate::{
    ClockAndIds,
    delivery::{EnteredCodes, Outcomes, Replays, Route},
    keys::EpochRefresh,
    limits::{Lockouts, PhoneGate, RateLimiter},
};

/// The steps common to all flows: creates, shows, finds and checks challenges, and resends their codes.
#[derive(Clone)]
pub struct Verification {
    /// Clock and id generator.
    pub clock_and_ids: ClockAndIds,
    /// The store of flows.
    pub flows: Arc<dyn Flows>,
    /// The keys from which codes are derived.
    pub keys: Arc<dyn FlowKeys>,
    /// The keys that other nodes use.
    pub epochs: Arc<dyn EpochRefresh>,
    /// Wakes the delivery workers.
    pub signal: Arc<dyn OutboxSignal>,
    /// The rate limiter.
    pub limiter: Arc<RateLimiter>,
    /// Counts tries.
    pub lockouts: Lockouts,
    /// The limits of messages to telephones.
    pub phone_gate: PhoneGate,
    /// The ways to telephones.
    pub phones: Route,
    /// The numbers.
    pub policy: Policy,
    /// The states of codes.
    pub deliveries: Arc<dyn Deliveries>,
    /// The flows that show them truly.
    pub outcomes: Outcomes,
    /// The typical delays, which the others show.
    pub replays: Replays,
    /// The codes that were entered, which are counted for their providers.
    pub entered_codes: EnteredCodes,
}

impl Verification {
    /// The challenge as its client sees it.
    pub fn view(&self, challenge: &Challenge) -> FlowView {
        FlowView::new(challenge, self.keys.seal(challenge.id), &self.policy)
    }

    /// An event about a challenge.
    pub(crate) fn event_of(&self, challenge: &Challenge, kind: AuditKind, now: Timestamp) -> AuditEvent {
        AuditEvent {
            user: challenge.user(),
            session: challenge.session,
            challenge: Some(challenge.id),
            ..self.clock_and_ids.event(kind, now)
        }
    }
}
