use async_trait::async_trait;
use doorward_app::registration::{CompleteRegistration, Draft, RegistrationOutcome, Registrations, StartRegistration};
use doorward_kernel::{ChallengeId, StoreError};
use doorward_otp::Purpose;

use super::{
    MemoryStore,
    state::{Account, insert},
};

#[async_trait]
impl Registrations for MemoryStore {
    async fn start(&self, start: StartRegistration) -> Result<(), StoreError> {
        self.write(|state| {
            insert(&mut state.drafts, start.flow.challenge.id, start.draft)?;
            state.start(start.flow)
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
