use async_trait::async_trait;
use doorward_app::{
    SpentCode,
    factors::kept_pending,
    totp::{
        Authenticator, Authenticators, BeginOutcome, BeginTotp, ChangeOutcome, ConfirmTotp, RemoveTotp,
        ReplaceRecovery, SpendOutcome,
    },
};
use doorward_kernel::{StoreError, Timestamp, UserId};
use doorward_otp::{RecoveryDigest, SealedSeed};
use doorward_user::PasswordVerifier;

use super::{MemoryStore, state::State};

#[async_trait]
impl Authenticators for MemoryStore {
    async fn find(&self, user: UserId) -> Result<Option<Authenticator>, StoreError> {
        Ok(self.read(|state| state.authenticators.get(&user).cloned()))
    }

    async fn begin(&self, begin: BeginTotp) -> Result<BeginOutcome, StoreError> {
        let BeginTotp { user, session, seed, now, audit } = begin;
        self.write(|state| {
            let has_one = state.authenticators.get(&user).is_some_and(Authenticator::is_active);
            if state.has_ended(session) {
                return Ok(BeginOutcome::SessionEnded);
            }
            if has_one || state.active(user).is_none() {
                return Ok(BeginOutcome::Refused);
            }
            let waiting = Authenticator { user, seed, created_at: now, confirmed_at: None, last_step: None };
            state.authenticators.insert(user, waiting);
            state.record(audit);
            Ok(BeginOutcome::Begun)
        })
    }

    async fn confirm(&self, confirm: ConfirmTotp) -> Result<ChangeOutcome, StoreError> {
        let ConfirmTotp { change, user, session, seed, step, digests, notice, now, audit } = confirm;
        self.write(|state| {
            let Some(methods) = state.methods_of(Some(session)) else { return Ok(ChangeOutcome::SessionEnded) };
            if state.active(user).is_none() {
                return Ok(ChangeOutcome::Conflict);
            }
            let waiting = state.authenticator(user, &seed).filter(|found| !found.is_active());
            let Some(waiting) = waiting else { return Ok(ChangeOutcome::Conflict) };
            (waiting.confirmed_at, waiting.last_step) = (Some(now), Some(step));
            replace(state, user, digests, now);
            state.added_authenticators.insert(user, change);
            state.cancel(user, &kept_pending(&methods));
            state.pending_authenticators.remove(&user);
            state.post(notice)?;
            state.record(audit);
            changed(state, user, Some(now), now)
        })
    }

    async fn spend(&self, code: SpentCode) -> Result<SpendOutcome, StoreError> {
        self.write(|state| {
            let is_spent = state.spend(Some(code))?;
            Ok(if is_spent { SpendOutcome::Spent } else { SpendOutcome::Refused })
        })
    }

    async fn replace_recovery(&self, replacement: ReplaceRecovery) -> Result<ChangeOutcome, StoreError> {
        let ReplaceRecovery { user, session, checked, seed, digests, notice, now, audit } = replacement;
        self.write(|state| {
            if state.has_ended(session) {
                return Ok(ChangeOutcome::SessionEnded);
            }
            if !may_change(state, user, &checked, &seed) {
                return Ok(ChangeOutcome::Conflict);
            }
            replace(state, user, digests, now);
            state.post(notice)?;
            state.record(audit);
            let account = state.active(user).ok_or_else(|| StoreError::failed("the account is gone"))?;
            Ok(ChangeOutcome::Changed(account.user.clone()))
        })
    }

    async fn remove(&self, remove: RemoveTotp) -> Result<ChangeOutcome, StoreError> {
        let RemoveTotp { user, session, checked, seed, notice, now, audit } = remove;
        self.write(|state| {
            let Some(methods) = state.methods_of(Some(session)) else { return Ok(ChangeOutcome::SessionEnded) };
            if !may_change(state, user, &checked, &seed) {
                return Ok(ChangeOutcome::Conflict);
            }
            state.authenticators.remove(&user);
            state.cancel(user, &kept_pending(&methods));
            replace(state, user, Vec::new(), now);
            state.post(notice)?;
            state.record(audit);
            changed(state, user, None, now)
        })
    }

    async fn purge_setups(&self, begun_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(|state| {
            let waits = |found: &&Authenticator| found.confirmed_at.is_none() && found.created_at < begun_before;
            let setups = state.authenticators.values().filter(waits).map(|found| found.user);
            let setups: Vec<_> = setups.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect();
            for user in &setups {
                state.authenticators.remove(user);
            }
            Ok(setups.len() as u64)
        })
    }
}

/// Returns whether the password and the confirmed app are those that were seen.
fn may_change(state: &mut State, user: UserId, checked: &PasswordVerifier, seed: &SealedSeed) -> bool {
    let is_checked = state.active(user).is_some_and(|account| account.verifier == *checked);
    is_checked && state.authenticator(user, seed).is_some_and(|found| found.is_active())
}

fn replace(state: &mut State, user: UserId, digests: Vec<RecoveryDigest>, now: Timestamp) {
    state.recovery.retain(|(owner, _), _| *owner != user);
    state.recovery.extend(digests.into_iter().map(|digest| ((user, digest), now)));
}

fn changed(
    state: &mut State,
    user: UserId,
    enabled_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<ChangeOutcome, StoreError> {
    let account = state.active(user).ok_or_else(|| StoreError::failed("the account is gone"))?;
    (account.user.totp_enabled_at, account.user.updated_at) = (enabled_at, now);
    Ok(ChangeOutcome::Changed(account.user.clone()))
}
