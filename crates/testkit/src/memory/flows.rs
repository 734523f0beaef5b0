use async_trait::async_trait;
use doorward_app::flow::{Advance, AdvanceOutcome, Flows, FoundFlow, Repeat, Resend, ResendOutcome, Start};
use doorward_kernel::{ChallengeId, StoreError};
use doorward_otp::Challenge;

use super::MemoryStore;

#[async_trait]
impl Flows for MemoryStore {
    async fn find(&self, id: ChallengeId) -> Result<Option<FoundFlow>, StoreError> {
        Ok(self.read(|state| {
            let challenge = state.challenges.get(&id)?.clone();
            let account = challenge.user().and_then(|user| state.users.get(&user)).map(|known| known.user.clone());
            Some(FoundFlow { challenge, account })
        }))
    }

    async fn start(&self, start: Start) -> Result<(), StoreError> {
        self.write(|state| state.start(start))
    }

    async fn resend(&self, resend: Resend) -> Result<ResendOutcome, StoreError> {
        self.write(|state| {
            let open = state.open(resend.challenge, resend.now);
            let Some(challenge) = open.filter(|challenge| challenge.sends == resend.sends) else {
                return Ok(ResendOutcome::Conflict);
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
            if !state.advance(advance.done, advance.next.challenge.id, advance.now) {
                return Ok(AdvanceOutcome::Closed);
            }
            state.start(advance.next)?;
            Ok(AdvanceOutcome::Advanced)
        })
    }

    async fn repeat(&self, Repeat { done, met_after, now }: Repeat) -> Result<Option<Challenge>, StoreError> {
        Ok(self.read(|state| {
            let done = state.challenges.get(&done)?;
            let next = state.challenges.get(&done.successor?)?;
            let is_fresh = done.closed_at.is_some_and(|at| at > met_after);
            (is_fresh && next.denial(now).is_none() && next.is_untouched()).then(|| next.clone())
        }))
    }

    async fn cut_off(&self, done: ChallengeId) -> Result<(), StoreError> {
        self.write(|state| {
            if let Some(challenge) = state.challenges.get_mut(&done) {
                challenge.successor = None;
            }
            Ok(())
        })
    }
}
