use doorward_kernel::{ChallengeId, StoreError, Timestamp};
use doorward_notifier::DeliveryState;
use doorward_otp::Challenge;

use super::{FlowView, Verification, VerifyError};
use crate::{delivery::Outcomes, limits::Caller};

impl Verification {
    /// An open flow as it is, and how far its code has come; `None` at a step that sends none.
    ///
    /// A decoy shows what became of another code; nothing but the call is counted.
    #[tracing::instrument(level = "debug", name = "flow.show", skip_all)]
    pub async fn show(
        &self,
        id: ChallengeId,
        caller: &Caller,
    ) -> Result<(FlowView, Option<DeliveryState>), VerifyError> {
        let now = self.clock_and_ids.now();
        self.limiter.admit_call(caller, None, now).await?;
        let found = self.flows.find(id).await?.map(|found| found.challenge);
        let challenge = found.filter(|challenge| challenge.denial(now).is_none()).ok_or(VerifyError::Closed)?;
        let delivery = if challenge.step.is_code() { Some(self.delivery(&challenge, now).await?) } else { None };
        Ok((self.view(&challenge), delivery))
    }

    async fn delivery(&self, challenge: &Challenge, now: Timestamp) -> Result<DeliveryState, StoreError> {
        let code = self.deliveries.latest(challenge.id).await?;
        let state = code.map_or(DeliveryState::Queued, |code| code.delivery_state(now));
        let is_shown = match self.outcomes {
            Outcomes::Everyone => true,
            Outcomes::KnownDevices => challenge.known_device.is_some(),
        };
        Ok(match state {
            DeliveryState::Delivered | DeliveryState::Failed if !is_shown => DeliveryState::Sent,
            DeliveryState::Queued | DeliveryState::Sent | DeliveryState::Delivered | DeliveryState::Failed => state,
        })
    }
}
