use doorward_kernel::{ChallengeId, StoreError, Timestamp};
use doorward_notifier::DeliveryState;
use doorward_otp::Challenge;

use super::{FlowView, Verification, VerifyError};
use crate::{delivery::Outcomes, limits::Caller};

impl Verification {
    /// An open flow as it is, and how far its code has come; `None` at a step that sends none.
    ///
    /// Nothing but the call is counted.
    #[tracing::instrument(level = "debug", name = "flow.show", skip_all)]
    pub async fn show(
        &self,
        id: ChallengeId,
        caller: &Caller,
    ) -> Result<(FlowView, Option<DeliveryState>), VerifyError> {
        let now = self.clock_and_ids.now();
        let found = self.flows.find(id).await?.map(|found| found.challenge);
        let open = found.filter(|challenge| challenge.denial(now).is_none());
        let known_device = open.as_ref().and_then(|challenge| challenge.known_device);
        self.limiter.admit_call(caller, known_device, now).await?;
        let challenge = open.ok_or(VerifyError::Closed)?;
        let delivery = if challenge.step.is_code() { Some(self.delivery(&challenge, now).await?) } else { None };
        Ok((self.view(&challenge), delivery))
    }

    async fn delivery(&self, challenge: &Challenge, now: Timestamp) -> Result<DeliveryState, StoreError> {
        let is_true = match self.outcomes {
            Outcomes::Everyone => true,
            Outcomes::KnownDevices => challenge.known_device.is_some(),
        };
        if !is_true {
            return Ok(self.typical(challenge, now));
        }
        let code = self.deliveries.latest(challenge.id).await?;
        Ok(code.map_or(DeliveryState::Queued, |code| code.delivery_state(now)))
    }

    /// The state of most codes that are as old. No row is read: decoys, notices to the owners of taken addresses, and
    /// codes that wait for a rate or a retry have others, which would tell who has an account.
    fn typical(&self, challenge: &Challenge, now: Timestamp) -> DeliveryState {
        let channel = challenge.target.phone().map(|_| challenge.phone_channels.first());
        if now < challenge.sent_at + self.replays.typical(channel) {
            DeliveryState::Queued
        } else {
            DeliveryState::Sent
        }
    }
}
