use async_trait::async_trait;
use doorward_app::operator::{Accounts, StatusOutcome};
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
                state.close_challenges(user, now);
            }
            state.record(audit);
            Ok(StatusOutcome::Changed)
        })
    }
}
