use async_trait::async_trait;
use doorward_kernel::{AuditEvent, ChallengeId, StoreError, Timestamp};
use doorward_otp::{Challenge, Challenges, CountOutcome, FlowKind, Purpose};

use super::MemoryStore;

#[async_trait]
impl Challenges for MemoryStore {
    async fn find(&self, id: ChallengeId) -> Result<Option<Challenge>, StoreError> {
        Ok(self.read(|state| state.challenges.get(&id).cloned()))
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
