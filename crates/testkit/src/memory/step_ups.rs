use async_trait::async_trait;
use doorward_app::step_up::{CompleteStepUp, StepUpOutcome, StepUps};
use doorward_kernel::StoreError;

use super::MemoryStore;

#[async_trait]
impl StepUps for MemoryStore {
    async fn complete(&self, complete: CompleteStepUp) -> Result<StepUpOutcome, StoreError> {
        let CompleteStepUp { challenge, from, session: wanted, now, audit } = complete;
        self.write(|state| {
            if state.open(challenge, now).is_none() {
                return Ok(StepUpOutcome::Closed);
            }
            let is_active = state.active(wanted.user).is_some();
            let found = state.sessions.get_mut(&wanted.id).filter(|session| {
                is_active && session.user == wanted.user && session.ended_at.is_none() && session.generation == from
            });
            let Some(session) = found else { return Ok(StepUpOutcome::Conflict) };
            session.generation = wanted.generation;
            session.rotated_at = wanted.rotated_at;
            session.methods = wanted.methods;
            session.auth_time = wanted.auth_time;
            session.last_seen_at = session.last_seen_at.max(wanted.last_seen_at);
            state.close(challenge, now);
            state.record(audit);
            Ok(StepUpOutcome::SteppedUp)
        })
    }
}
