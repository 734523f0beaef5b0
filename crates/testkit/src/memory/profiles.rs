use async_trait::async_trait;
use doorward_app::profile::{CompleteEmail, CompletePhone, IdentifierOutcome, ProfileChange, ProfileOutcome, Profiles};
use doorward_kernel::{StoreError, UserId};
use doorward_otp::Purpose;
use doorward_user::User;

use super::{
    MemoryStore,
    state::{State, insert},
};

#[async_trait]
impl Profiles for MemoryStore {
    async fn change(&self, change: ProfileChange) -> Result<ProfileOutcome, StoreError> {
        let ProfileChange { user: id, session, checked, names, new_password, start, notices, now, audit } = change;
        self.write(|state| {
            if state.has_ended(session) {
                return Ok(ProfileOutcome::Lost);
            }
            let Some(account) = state.active(id).filter(|account| account.verifier == checked) else {
                return Ok(ProfileOutcome::Lost);
            };
            if !names.is_empty() || new_password.is_some() {
                account.user.updated_at = now;
            }
            account.user.names = names.over(account.user.names.clone());
            if let Some(verifier) = new_password {
                account.verifier = verifier;
                state.end_sessions(id, Some(session), now);
                state.close_challenges(id, now);
            }
            for notice in notices {
                state.post(notice)?;
            }
            for event in audit {
                state.record(event);
            }
            if let Some(start) = start {
                state.start(start)?;
            }
            changed(state, id, ProfileOutcome::Changed)
        })
    }

    async fn complete_email(&self, complete: CompleteEmail) -> Result<IdentifierOutcome, StoreError> {
        let CompleteEmail { challenge, user: id, session, email, change, notices, now, audit } = complete;
        self.write(|state| {
            let is_void = session.is_some_and(|session| state.has_ended(session));
            if !state.close(challenge, now) || is_void || state.active(id).is_none() {
                return Ok(IdentifierOutcome::Closed);
            }
            if state.owner(&email).is_some_and(|owner| owner.user.id != id) {
                return Ok(IdentifierOutcome::Taken);
            }
            if let Some(account) = state.active(id) {
                account.user.email = email;
                account.user.updated_at = now;
            }
            insert(&mut state.changes, change.id, change)?;
            state.end_sessions(id, session, now);
            state.held_numbers.retain(|_, held| held.user != id);
            state.held_apps.remove(&id);
            state.close_all(now, |challenge| {
                challenge.user() == Some(id) && matches!(challenge.purpose, Purpose::ResetPassword | Purpose::Bind)
            });
            for notice in notices {
                state.post(notice)?;
            }
            state.record(audit);
            changed(state, id, IdentifierOutcome::Changed)
        })
    }

    async fn complete_phone(&self, complete: CompletePhone) -> Result<IdentifierOutcome, StoreError> {
        let CompletePhone { challenge, user: id, session, proof, change, now } = complete;
        self.write(|state| {
            if state.open(challenge, now).is_none() {
                return Ok(IdentifierOutcome::Closed);
            }
            if state.active(id).is_none() || session.is_some_and(|session| state.has_ended(session)) {
                state.close(challenge, now);
                return Ok(IdentifierOutcome::Closed);
            }
            if state.is_proved_by_another(id, &proof) {
                return Ok(IdentifierOutcome::Taken);
            }
            state.close(challenge, now);
            state.prove(id, proof, now)?;
            if let Some(change) = change {
                insert(&mut state.changes, change.id, change)?;
            }
            state.end_sessions(id, session, now);
            state.held_numbers.retain(|_, held| held.user != id);
            state.held_apps.remove(&id);
            changed(state, id, IdentifierOutcome::Changed)
        })
    }
}

fn changed<T>(state: &State, id: UserId, outcome: impl FnOnce(User) -> T) -> Result<T, StoreError> {
    let account = state.users.get(&id).ok_or_else(|| StoreError::failed("the account is gone"))?;
    Ok(outcome(account.user.clone()))
}
