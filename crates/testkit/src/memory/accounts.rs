use async_trait::async_trait;
use doorward_app::operator::{Accounts, DeleteOutcome, Import, ImportOutcome, SignOutOutcome, StatusOutcome};
use doorward_kernel::{AuditEvent, StoreError, Timestamp, UserId};
use doorward_user::UserStatus;

use super::{
    MemoryStore,
    state::{Account, State, insert},
};

#[async_trait]
impl Accounts for MemoryStore {
    async fn set_status(
        &self,
        user: UserId,
        status: UserStatus,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<StatusOutcome, StoreError> {
        self.write(|state| {
            let Some(account) = state.users.get_mut(&user) else { return Ok(StatusOutcome::NotFound) };
            if account.user.status == status {
                return Ok(StatusOutcome::Unchanged);
            }
            account.user.status = status;
            account.user.updated_at = now;
            if status == UserStatus::Disabled {
                state.end_sessions(user, None, now);
                state.close_challenges(user, &[], now);
            }
            state.record(audit);
            Ok(StatusOutcome::Changed)
        })
    }

    async fn end_sessions(
        &self,
        user: UserId,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<SignOutOutcome, StoreError> {
        self.write(|state| {
            if !state.users.contains_key(&user) {
                return Ok(SignOutOutcome::NotFound);
            }
            let live = state.sessions.values().filter(|session| session.user == user && session.ended_at.is_none());
            let sessions = live.count() as u64;
            state.end_sessions(user, None, now);
            state.close_challenges(user, &[], now);
            state.record(audit);
            Ok(SignOutOutcome::SignedOut { sessions })
        })
    }

    async fn delete(&self, user: UserId, audit: AuditEvent) -> Result<DeleteOutcome, StoreError> {
        self.write(|state| {
            if state.users.remove(&user).is_none() {
                return Ok(DeleteOutcome::NotFound);
            }
            state.sessions.retain(|_, session| session.user != user);
            state.challenges.retain(|_, challenge| challenge.user() != Some(user) || challenge.closed_at.is_some());
            state.authenticators.remove(&user);
            state.pending_authenticators.remove(&user);
            state.pending_numbers.retain(|_, held| held.user != user);
            state.recovery.retain(|(owner, _), _| *owner != user);
            state.record(audit);
            Ok(DeleteOutcome::Deleted)
        })
    }

    async fn import(&self, batch: Vec<Import>) -> Result<Vec<ImportOutcome>, StoreError> {
        self.write(|state| batch.into_iter().map(|import| take_over(state, import)).collect())
    }
}

fn take_over(state: &mut State, Import { user, verifier, audit }: Import) -> Result<ImportOutcome, StoreError> {
    if let Some(owner) = state.owner(&user.email) {
        return Ok(ImportOutcome::EmailTaken { created_at: owner.user.created_at });
    }
    let verified = user.phone.as_ref().filter(|phone| phone.verified_at.is_some());
    if verified.is_some_and(|phone| state.users.values().any(|account| account.user.has_verified(&phone.number))) {
        return Ok(ImportOutcome::PhoneTaken);
    }
    insert(&mut state.users, user.id, Account { user, verifier })?;
    state.record(audit);
    Ok(ImportOutcome::Imported)
}
