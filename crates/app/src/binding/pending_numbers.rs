use doorward_kernel::{AuditKind, StoreError, Timestamp};
use doorward_user::{IdentifierChange, Replaced, User};

use super::{ApplyNumber, ApplyOutcome, Binding, PendingNumber};
use crate::{NumberVerification, messages};

/// The retries of a pending number while somebody else verifies it.
const MAX_RETRIES: usize = 3;

impl Binding {
    /// Gives accounts the numbers that nobody has objected to in time, at most `limit`; tells how
    /// many were due.
    #[tracing::instrument(level = "debug", name = "binding.apply_pending", skip_all)]
    pub async fn apply_pending(&self, limit: u32) -> Result<u64, StoreError> {
        let due = self.bindings.find_due(self.verification.clock_and_ids.now(), limit).await?;
        let count = u64::try_from(due.len()).unwrap_or(u64::MAX);
        for pending in due {
            self.bind(pending).await?;
        }
        Ok(count)
    }

    async fn bind(&self, pending: PendingNumber) -> Result<(), StoreError> {
        let clock_and_ids = &self.verification.clock_and_ids;
        for _ in 0..MAX_RETRIES {
            let now = clock_and_ids.now();
            let user = self.users.find_by_id(pending.user).await?.filter(User::is_active);
            let holders = self.users.find_by_phone(&pending.number).await?;
            // What somebody else has verified since is theirs.
            let is_lost = holders.owner.as_ref().is_some_and(|owner| verified_since(owner, pending.verified_at));
            let Some(user) = user.filter(|user| !is_lost && !user.has_verified(&pending.number)) else {
                return self.bindings.forget(pending.id).await;
            };
            let mut number_verification =
                NumberVerification::new(clock_and_ids, &user, &pending.number, holders, AuditKind::PhoneChanged, now);
            number_verification.notice = messages::undoable(number_verification.notice, pending.id);
            let replaced = Replaced::Phone { old: user.phone.clone(), new: pending.number.clone() };
            let change = IdentifierChange { id: pending.id, user: user.id, replaced, at: now };
            match self
                .bindings
                .apply_pending(ApplyNumber { pending: pending.clone(), number_verification, change, now })
                .await?
            {
                ApplyOutcome::Changed(_) => {
                    self.verification.signal.notify();
                    return Ok(());
                }
                ApplyOutcome::Gone => return Ok(()),
                ApplyOutcome::Taken => {}
            }
        }
        Ok(())
    }
}

fn verified_since(owner: &User, since: Timestamp) -> bool {
    owner.phone.as_ref().and_then(|phone| phone.verified_at).is_some_and(|at| at > since)
}
