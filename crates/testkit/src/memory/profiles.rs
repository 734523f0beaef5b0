use async_trait::async_trait;
use doorward_app::{
    factors::kept_pending,
    profile::{
        CompleteEmail, CompletePhone, CompleteReset, IdentifierOutcome, ProfileChange, ProfileOutcome, Profiles,
        ResetOutcome, SetPassword,
    },
};
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
            let methods = state.methods_of(Some(session));
            let Some(methods) = methods else { return Ok(ProfileOutcome::SessionEnded) };
            let Some(account) = state.active(id).filter(|account| account.verifier == checked) else {
                return Ok(ProfileOutcome::Conflict);
            };
            if !names.is_empty() || new_password.is_some() {
                account.user.updated_at = now;
            }
            account.user.names = names.over(account.user.names.clone());
            if let Some(SetPassword { verifier, tries }) = new_password {
                account.verifier = verifier;
                state.buckets.clear_tries(tries);
                state.end_sessions(id, Some(session), now);
                state.close_challenges(id, &kept_pending(&methods), now);
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
            let methods = state.methods_of(session);
            let is_void = !state.close(challenge, now) || state.active(id).is_none();
            let Some(methods) = methods.filter(|_| !is_void) else { return Ok(IdentifierOutcome::Closed) };
            if state.owner(&email).is_some_and(|owner| owner.user.id != id) {
                return Ok(IdentifierOutcome::Taken);
            }
            if let Some(account) = state.active(id) {
                account.user.email = email;
                account.user.updated_at = now;
            }
            insert(&mut state.changes, change.id, change)?;
            state.end_others(id, session, now);
            state.cancel(id, &kept_pending(&methods));
            state.close_all(now, |challenge| {
                let is_mailed = challenge.target.email().is_some();
                let purpose = challenge.purpose;
                challenge.user() == Some(id) && is_mailed && matches!(purpose, Purpose::ResetPassword | Purpose::Bind)
            });
            for notice in notices {
                state.post(notice)?;
            }
            state.record(audit);
            changed(state, id, IdentifierOutcome::Changed)
        })
    }

    async fn complete_phone(&self, complete: CompletePhone) -> Result<IdentifierOutcome, StoreError> {
        let CompletePhone { challenge, user: id, session, number_verification, change, now } = complete;
        self.write(|state| {
            if state.open(challenge, now).is_none() {
                return Ok(IdentifierOutcome::Closed);
            }
            let methods = state
                .methods_of(session)
                .filter(|_| state.users.get(&id).is_some_and(|account| account.user.is_active()));
            let Some(methods) = methods else {
                state.close(challenge, now);
                return Ok(IdentifierOutcome::Closed);
            };
            if state.is_verified_by_another(id, &number_verification) {
                return Ok(IdentifierOutcome::Taken);
            }
            state.close(challenge, now);
            state.verify_number(id, number_verification, now)?;
            if let Some(change) = change {
                insert(&mut state.changes, change.id, change)?;
            }
            state.end_others(id, session, now);
            state.cancel(id, &kept_pending(&methods));
            changed(state, id, IdentifierOutcome::Changed)
        })
    }

    async fn complete_reset(&self, complete: CompleteReset) -> Result<ResetOutcome, StoreError> {
        let CompleteReset { challenge, user: id, spends, new_password, notices, now, audit } = complete;
        self.write(|state| {
            if state.open(challenge, now).is_none() {
                return Ok(ResetOutcome::Closed);
            }
            if state.active(id).is_none() {
                state.close(challenge, now);
                return Ok(ResetOutcome::Closed);
            }
            if !state.spend(spends)? {
                return Ok(ResetOutcome::CodeRefused);
            }
            state.close(challenge, now);
            state.end_sessions(id, None, now);
            let Some(account) = state.active(id) else { return Ok(ResetOutcome::Closed) };
            account.verifier = new_password.verifier;
            account.user.updated_at = now;
            let user = account.user.clone();
            state.buckets.clear_tries(new_password.tries);
            state.close_challenges(id, &[], now);
            for notice in notices {
                state.post(notice)?;
            }
            state.record(audit);
            Ok(ResetOutcome::Reset(user))
        })
    }
}

fn changed<T>(state: &State, id: UserId, outcome: impl FnOnce(User) -> T) -> Result<T, StoreError> {
    let account = state.users.get(&id).ok_or_else(|| StoreError::failed("the account is gone"))?;
    Ok(outcome(account.user.clone()))
}
