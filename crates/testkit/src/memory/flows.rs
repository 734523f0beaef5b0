use async_trait::async_trait;
use doorward_app::flow::{Advance, AdvanceOutcome, Flows, Resend, ResendOutcome, Start};
use doorward_kernel::StoreError;

use super::MemoryStore;

#[async_trait]
impl Flows for MemoryStore {
    async fn start(&self, start: Start) -> Result<(), StoreError> {
        self.write(|state| state.start(start))
    }

    async fn resend(&self, resend: Resend) -> Result<ResendOutcome, StoreError> {
        self.write(|state| {
            let open = state.open(resend.challenge, resend.now);
            let Some(challenge) = open.filter(|challenge| challenge.sends == resend.sends) else {
                return Ok(ResendOutcome::Lost);
            };
            challenge.sends += 1;
            challenge.sent_at = resend.now;
            if let Some(message) = resend.message {
                state.post(message)?;
            }
            state.record(resend.audit);
            Ok(ResendOutcome::Resent)
        })
    }

    async fn advance(&self, advance: Advance) -> Result<AdvanceOutcome, StoreError> {
        self.write(|state| {
            if !state.close(advance.done, advance.now) {
                return Ok(AdvanceOutcome::Closed);
            }
            state.start(advance.next)?;
            Ok(AdvanceOutcome::Advanced)
        })
    }
}
