use async_trait::async_trait;
use doorward_app::operator::{Accounts, DeleteOutcome, SignOutOutcome, StatusOutcome};
use doorward_kernel::{AuditEvent, StoreError, Timestamp, UserId};
use doorward_user::UserStatus;

use super::MemoryStore;

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
}
