use async_trait::async_trait;
use doorward_app::flow::{
    Advance, AdvanceOutcome, CountOutcome, FlowKind, Flows, FoundFlow, Repeat, Resend, ResendOutcome, Start,
};
use doorward_kernel::{AuditEvent, ChallengeId, StoreError, Timestamp};
use doorward_otp::{Challenge, Purpose};

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
            challenge.phone_channels = resend.phone_channels;
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

    async fn count_wrong(
        &self,
        id: ChallengeId,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<CountOutcome, StoreError> {
        self.write(|state| {
            let Some(challenge) = state.open(id, now) else { return Ok(CountOutcome::Closed) };
            challenge.tries += 1;
            let attempts_left = challenge.attempts_left();
            state.record(audit);
            Ok(CountOutcome::Counted { attempts_left })
        })
    }

    async fn purge_ended(&self, kind: FlowKind, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(|state| {
            let has_ended = |challenge: &Challenge| {
                let is_asked = (kind == FlowKind::Registration) == (challenge.purpose == Purpose::Register);
                let ends_at = challenge.closed_at.map_or(challenge.expires_at, |at| at.min(challenge.expires_at));
                is_asked && ends_at < before
            };
            let ended =
                state.challenges.values().filter(|challenge| has_ended(challenge)).map(|challenge| challenge.id);
            let ended: Vec<_> = ended.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect();
            for id in &ended {
                state.challenges.remove(id);
                state.drafts.remove(id);
            }
            Ok(ended.len() as u64)
        })
    }
}
