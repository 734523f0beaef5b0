use async_trait::async_trait;
use doorward_app::recovery::{CompleteReset, Recoveries, ResetOutcome};
use doorward_kernel::{EmailAddress, StoreError, Timestamp};
use doorward_user::{Replaced, User};

use super::MemoryStore;

#[async_trait]
impl Recoveries for MemoryStore {
    async fn find(&self, email: &EmailAddress, since: Timestamp) -> Result<Option<User>, StoreError> {
        Ok(self.read(|state| {
            let owner = &state.owner(email)?.user;
            let has_changed = state.changes.values().any(|change| {
                change.user == owner.id && change.at >= since && matches!(change.replaced, Replaced::Email { .. })
            });
            (!has_changed).then(|| owner.clone())
        }))
    }

    async fn complete(&self, complete: CompleteReset) -> Result<ResetOutcome, StoreError> {
        let CompleteReset { challenge, user: id, verifier, notices, now, audit } = complete;
        self.write(|state| {
            if !state.close(challenge, now) {
                return Ok(ResetOutcome::Closed);
            }
            if state.active(id).is_none() {
                return Ok(ResetOutcome::Closed);
            }
            state.end_sessions(id, None, now);
            let Some(account) = state.active(id) else { return Ok(ResetOutcome::Closed) };
            account.verifier = verifier;
            account.user.updated_at = now;
            let user = account.user.clone();
            state.close_challenges(id, &[], now);
            for notice in notices {
                state.post(notice)?;
            }
            state.record(audit);
            Ok(ResetOutcome::Reset(user))
        })
    }
}
