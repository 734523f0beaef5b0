use async_trait::async_trait;
use doorward_app::registration::{CompleteRegistration, Draft, RegistrationOutcome, Registrations, StartRegistration};
use doorward_kernel::{ChallengeId, StoreError};
use doorward_otp::{Challenge, Purpose, Subject};

use super::{
    MemoryStore,
    state::{Account, State, insert},
};

#[async_trait]
impl Registrations for MemoryStore {
    async fn start(&self, start: StartRegistration) -> Result<(), StoreError> {
        self.write(|state| {
            let is_quiet = is_quiet(state, &start);
            if let Some(message) = if is_quiet { start.instead } else { start.message } {
                state.post(message)?;
            }
            insert(&mut state.drafts, start.challenge.id, start.draft)?;
            insert(&mut state.challenges, start.challenge.id, start.challenge)?;
            state.record(start.audit);
            Ok(())
        })
    }

    async fn draft(&self, challenge: ChallengeId) -> Result<Option<Draft>, StoreError> {
        Ok(self.read(|state| state.drafts.get(&challenge).cloned()))
    }

    async fn complete(&self, complete: CompleteRegistration) -> Result<RegistrationOutcome, StoreError> {
        let CompleteRegistration { challenge, user, verifier, continuation, now, audit } = complete;
        self.write(|state| {
            if !state.advance(challenge, continuation.id, now) {
                return Ok(RegistrationOutcome::Closed);
            }
            if state.owner(&user.email).is_some() {
                return Ok(RegistrationOutcome::EmailTaken);
            }
            let key = user.email.key();
            state.close_all(now, |challenge| {
                challenge.purpose == Purpose::Register
                    && challenge.target.email().is_some_and(|email| email.key() == key)
            });
            state.drafts.retain(|_, draft| draft.email.key() != key);
            insert(&mut state.users, user.id, Account { user, verifier })?;
            insert(&mut state.challenges, continuation.id, continuation)?;
            state.record(audit);
            Ok(RegistrationOutcome::Registered)
        })
    }
}

/// Whether the owner of the address has been told of an attempt like this already.
fn is_quiet(state: &State, start: &StartRegistration) -> bool {
    let is_decoy = |challenge: &Challenge| challenge.subject == Subject::Decoy;
    let is_alike = |other: &Challenge| {
        is_decoy(other)
            && other.target.as_str() == start.challenge.target.as_str()
            && other.created_at >= start.quiet_since
    };
    is_decoy(&start.challenge) && state.challenges.values().any(is_alike)
}
