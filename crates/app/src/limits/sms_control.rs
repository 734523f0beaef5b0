use std::sync::Arc;

use doorward_kernel::{AuditKind, StoreError};
use doorward_limit::{Tripwires, Wire};

use super::{SmsPause, SmsSwitch, SwitchOutcome};
use crate::Moment;

/// What an operator does about SMS; it counts on every node from the next call on.
#[derive(Clone)]
pub struct SmsControl {
    /// What the moment of a call gives.
    pub moment: Moment,
    /// The switch that stops all.
    pub switch: Arc<dyn SmsSwitch>,
    /// What closes prefixes and countries.
    pub tripwires: Arc<dyn Tripwires>,
}

impl SmsControl {
    /// Whether SMS is paused, and since when.
    pub async fn paused_since(&self) -> Result<SmsPause, StoreError> {
        self.switch.paused_since().await
    }

    /// Stops all SMS; mail goes on.
    pub async fn pause(&self) -> Result<SwitchOutcome, StoreError> {
        let now = self.moment.now();
        self.switch.pause(now, self.moment.event(AuditKind::SmsStopped, now)).await
    }

    /// Lets SMS go on.
    pub async fn resume(&self) -> Result<SwitchOutcome, StoreError> {
        self.switch.resume(self.moment.event(AuditKind::SmsResumed, self.moment.now())).await
    }

    /// Opens a prefix or country and forgets its past; whether it had one.
    pub async fn reopen(&self, wire: Wire) -> Result<bool, StoreError> {
        self.tripwires.reopen(wire, self.moment.event(AuditKind::SmsReopened, self.moment.now())).await
    }
}
