use async_trait::async_trait;
use doorward_app::totp::{
    ApplyAuthenticator, Authenticator, BeginOutcome, BeginPending, ChangeOutcome, PendingAuthenticator,
    PendingAuthenticators, ScheduleAuthenticator,
};
use doorward_kernel::{StoreError, Timestamp, UserId};

use super::MemoryStore;

#[async_trait]
impl PendingAuthenticators for MemoryStore {
    async fn begin(&self, BeginPending { pending, session, audit }: BeginPending) -> Result<BeginOutcome, StoreError> {
        self.write(|state| {
            if state.has_ended(session) {
                return Ok(BeginOutcome::SessionEnded);
            }
            if state.active(pending.user).is_none() {
                return Ok(BeginOutcome::Refused);
            }
            state.pending_authenticators.insert(pending.user, pending);
            state.record(audit);
            Ok(BeginOutcome::Begun)
        })
    }

    async fn find_of(&self, user: UserId) -> Result<Option<PendingAuthenticator>, StoreError> {
        Ok(self.read(|state| state.pending_authenticators.get(&user).cloned()))
    }

    async fn schedule(
        &self,
        ScheduleAuthenticator { pending, session, notices, audit }: ScheduleAuthenticator,
    ) -> Result<ChangeOutcome, StoreError> {
        self.write(|state| {
            let waits = state
                .pending_authenticators
                .get(&pending.user)
                .is_some_and(|found| found.id == pending.id && found.due.is_none());
            if state.has_ended(session) {
                return Ok(ChangeOutcome::SessionEnded);
            }
            if !waits {
                return Ok(ChangeOutcome::Conflict);
            }
            let Some(account) = state.active(pending.user) else { return Ok(ChangeOutcome::Conflict) };
            let user = account.user.clone();
            if let Some(waiting) = state.pending_authenticators.get_mut(&pending.user) {
                waiting.due = pending.due;
            }
            for notice in notices {
                state.post(notice)?;
            }
            state.record(audit);
            Ok(ChangeOutcome::Changed(user))
        })
    }

    async fn schedule_setup(
        &self,
        ScheduleAuthenticator { pending, session, notices, audit }: ScheduleAuthenticator,
    ) -> Result<ChangeOutcome, StoreError> {
        self.write(|state| {
            if state.has_ended(session) {
                return Ok(ChangeOutcome::SessionEnded);
            }
            let setup = state.authenticators.get(&pending.user);
            let is_there = setup.is_some_and(|setup| setup.seed == pending.seed && !setup.is_active());
            let is_occupied =
                state.pending_authenticators.get(&pending.user).is_some_and(|other| other.replaces.is_some());
            let account = state.active(pending.user).filter(|_| is_there && !is_occupied);
            let Some(account) = account else { return Ok(ChangeOutcome::Conflict) };
            let user = account.user.clone();
            state.authenticators.remove(&user.id);
            state.pending_authenticators.insert(user.id, pending);
            for notice in notices {
                state.post(notice)?;
            }
            state.record(audit);
            Ok(ChangeOutcome::Changed(user))
        })
    }

    async fn find_due(&self, now: Timestamp, limit: u32) -> Result<Vec<PendingAuthenticator>, StoreError> {
        Ok(self.read(|state| {
            let due = |pending: &&PendingAuthenticator| pending.due.is_some_and(|due| due.at <= now);
            let mut found: Vec<_> = state.pending_authenticators.values().filter(due).cloned().collect();
            found.sort_by_key(|pending| (pending.due.map(|due| due.at), pending.id));
            found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            found
        }))
    }

    async fn apply_pending(
        &self,
        ApplyAuthenticator { pending, notice, now, audit }: ApplyAuthenticator,
    ) -> Result<ChangeOutcome, StoreError> {
        self.write(|state| {
            let user = pending.user;
            let current = state.pending_authenticators.get(&user).filter(|found| found.id == pending.id).cloned();
            let due = current.and_then(|current| Some((current.due?, current.seed)));
            let (Some((due, seed)), Some(account)) = (due, state.active(user)) else {
                return Ok(ChangeOutcome::Conflict);
            };
            (account.user.totp_enabled_at, account.user.updated_at) = (Some(now), now);
            if pending.replaces.is_some() {
                state.end_sessions(user, None, now);
            }
            let Some(account) = state.active(user) else { return Ok(ChangeOutcome::Conflict) };
            let changed = account.user.clone();
            state.pending_authenticators.remove(&user);
            let app = Authenticator {
                user,
                seed,
                created_at: pending.begun_at,
                confirmed_at: Some(now),
                last_step: Some(due.step),
            };
            state.authenticators.insert(user, app);
            state.added_authenticators.insert(user, pending.id);
            state.recovery.retain(|(owner, _), _| *owner != user);
            state.post(notice)?;
            state.record(audit);
            Ok(ChangeOutcome::Changed(changed))
        })
    }

    async fn purge_setups(&self, begun_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(|state| {
            let waits = |found: &&PendingAuthenticator| found.due.is_none() && found.begun_at < begun_before;
            let setups = state.pending_authenticators.values().filter(waits).map(|found| found.user);
            let setups: Vec<_> = setups.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect();
            for user in &setups {
                state.pending_authenticators.remove(user);
            }
            Ok(setups.len() as u64)
        })
    }
}
