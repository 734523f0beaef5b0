use async_trait::async_trait;
use doorward_app::binding::{
    ApplyNumber, ApplyOutcome, Bindings, OpenBinding, OpenBindingOutcome, PendingNumber, ScheduleNumber,
    ScheduleOutcome,
};
use doorward_kernel::{ChangeId, StoreError, Timestamp};

use super::{MemoryStore, state::insert};

#[async_trait]
impl Bindings for MemoryStore {
    async fn open(&self, open: OpenBinding) -> Result<OpenBindingOutcome, StoreError> {
        let OpenBinding { challenge, session, cap, notices, now, audit } = open;
        self.write(|state| {
            if !state.close(challenge, now) {
                return Ok(OpenBindingOutcome::Closed);
            }
            let Some(account) = state.active(session.user) else { return Ok(OpenBindingOutcome::Closed) };
            let user = account.user.clone();
            state.evict_oldest(session.user, cap, now)?;
            insert(&mut state.sessions, session.id, session)?;
            for notice in notices {
                state.post(notice)?;
            }
            state.record(audit);
            Ok(OpenBindingOutcome::Opened(user))
        })
    }

    async fn schedule(&self, hold: ScheduleNumber) -> Result<ScheduleOutcome, StoreError> {
        let ScheduleNumber { challenge, session, pending, notices, now, audit } = hold;
        self.write(|state| {
            let is_void = session.is_some_and(|session| state.has_ended(session));
            if !state.close(challenge, now) || is_void {
                return Ok(ScheduleOutcome::Closed);
            }
            let Some(account) = state.active(pending.user) else { return Ok(ScheduleOutcome::Closed) };
            let user = account.user.clone();
            state.pending_numbers.retain(|_, other| other.user != pending.user);
            insert(&mut state.pending_numbers, pending.id, pending)?;
            for notice in notices {
                state.post(notice)?;
            }
            state.record(audit);
            Ok(ScheduleOutcome::Scheduled(user))
        })
    }

    async fn find_due(&self, now: Timestamp, limit: u32) -> Result<Vec<PendingNumber>, StoreError> {
        Ok(self.read(|state| {
            let mut due: Vec<_> =
                state.pending_numbers.values().filter(|pending| pending.due_at <= now).cloned().collect();
            due.sort_by_key(|pending| (pending.due_at, pending.id));
            due.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            due
        }))
    }

    async fn apply_pending(&self, effect: ApplyNumber) -> Result<ApplyOutcome, StoreError> {
        let ApplyNumber { pending, number_verification, change, now } = effect;
        self.write(|state| {
            if !state.pending_numbers.contains_key(&pending.id) || state.active(pending.user).is_none() {
                return Ok(ApplyOutcome::Gone);
            }
            if state.is_verified_by_another(pending.user, &number_verification) {
                return Ok(ApplyOutcome::Taken);
            }
            state.pending_numbers.remove(&pending.id);
            state.verify_number(pending.user, number_verification, now)?;
            insert(&mut state.changes, change.id, change)?;
            state.end_sessions(pending.user, None, now);
            let user = state.active(pending.user).map(|account| account.user.clone());
            user.map(ApplyOutcome::Changed).ok_or_else(|| StoreError::failed("the account is gone"))
        })
    }

    async fn forget(&self, pending: ChangeId) -> Result<(), StoreError> {
        self.write(|state| {
            state.pending_numbers.remove(&pending);
            Ok(())
        })
    }
}
