use std::cmp::Reverse;

use async_trait::async_trait;
use doorward_app::{
    SignedIn,
    sessions::{CompleteStepUp, EndOthersOutcome, EndOutcome, RotateOutcome, Sessions, StepUpOutcome},
};
use doorward_kernel::{AuditEvent, Client, SessionId, StoreError, Timestamp, UserId};
use doorward_notifier::Message;
use doorward_session::{Generation, Methods, Session};

use super::{MemoryStore, state::State};

#[async_trait]
impl Sessions for MemoryStore {
    async fn find(&self, session: SessionId) -> Result<Option<SignedIn>, StoreError> {
        Ok(self.read(|state| {
            let session = state.sessions.get(&session)?.clone();
            let user = state.users.get(&session.user)?.user.clone();
            Some(SignedIn { session, user })
        }))
    }

    async fn rotate(
        &self,
        session: SessionId,
        from: Generation,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<RotateOutcome, StoreError> {
        self.write(|state| {
            if state.audit.iter().any(|event| event.id == audit.id) {
                return Err(StoreError::failed("the id is taken"));
            }
            let State { sessions, users, .. } = state;
            let is_active =
                |session: &Session| users.get(&session.user).is_some_and(|account| account.user.is_active());
            let is_good =
                |session: &Session| session.ended_at.is_none() && session.generation == from && is_active(session);
            let Some(session) = sessions.get_mut(&session).filter(|session| is_good(session)) else {
                return Ok(RotateOutcome::Conflict);
            };
            session.generation = from.next();
            session.rotated_at = now;
            session.last_seen_at = session.last_seen_at.max(now);
            state.record(audit);
            Ok(RotateOutcome::Rotated)
        })
    }

    async fn touch(&self, session: SessionId, now: Timestamp) -> Result<(), StoreError> {
        self.write(|state| {
            if let Some(session) = state.sessions.get_mut(&session).filter(|session| session.ended_at.is_none()) {
                session.last_seen_at = session.last_seen_at.max(now);
            }
            Ok(())
        })
    }

    async fn note_methods(
        &self,
        session: SessionId,
        seen: Methods,
        methods: Methods,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|state| {
            let live = state.sessions.get_mut(&session).filter(|session| session.ended_at.is_none());
            if let Some(session) = live.filter(|session| session.methods == seen) {
                session.methods = methods;
                session.auth_time = session.auth_time.max(now);
            }
            Ok(())
        })
    }

    async fn end(&self, session: SessionId, now: Timestamp, audit: AuditEvent) -> Result<EndOutcome, StoreError> {
        self.write(|state| Ok(end(state, session, now, audit)))
    }

    async fn fall_back(&self, session: SessionId, now: Timestamp, audit: AuditEvent) -> Result<(), StoreError> {
        self.write(|state| {
            let is_unnoted = |session: &Session| session.fell_back_at.is_none_or(|at| at < session.last_seen_at);
            let live = state.sessions.get_mut(&session).filter(|session| session.ended_at.is_none());
            if let Some(session) = live.filter(|session| is_unnoted(session)) {
                session.fell_back_at = Some(now);
                state.record(audit);
            }
            Ok(())
        })
    }

    async fn list(&self, user: UserId, used_after: Timestamp) -> Result<Vec<Session>, StoreError> {
        Ok(self.read(|state| {
            let is_listed = |session: &&Session| {
                session.user == user && session.ended_at.is_none() && session.last_seen_at > used_after
            };
            let mut sessions: Vec<_> = state.sessions.values().filter(is_listed).cloned().collect();
            sessions.sort_by_key(|session| Reverse((session.last_seen_at, session.id)));
            sessions
        }))
    }

    async fn end_others(
        &self,
        user: UserId,
        kept: SessionId,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<EndOthersOutcome, StoreError> {
        self.write(|state| {
            let is_own = |session: &Session| session.user == user && session.ended_at.is_none();
            if !state.sessions.get(&kept).is_some_and(is_own) {
                return Ok(EndOthersOutcome::Conflict);
            }
            let count = state.end_others(user, Some(kept), now);
            if count > 0 {
                state.record(audit);
            }
            Ok(EndOthersOutcome::Ended { count: count as u64 })
        })
    }

    async fn forget(&self, ended_before: Timestamp, used_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(|state| {
            let is_over = |session: &&Session| match session.ended_at {
                Some(ended_at) => ended_at < ended_before,
                None => session.last_seen_at < used_before,
            };
            let over = state.sessions.values().filter(is_over).map(|session| session.id);
            let over: Vec<_> = over.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect();
            for id in &over {
                state.sessions.remove(id);
            }
            Ok(over.len() as u64)
        })
    }

    async fn purge_clients(&self, opened_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(|state| {
            let is_old =
                |session: &&mut Session| session.created_at < opened_before && session.client != Client::default();
            let mut old: Vec<_> = state.sessions.values_mut().filter(is_old).collect();
            old.sort_by_key(|session| session.created_at);
            let forgotten = old.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX));
            Ok(forgotten.map(|session| session.client = Client::default()).count() as u64)
        })
    }

    async fn step_up(&self, complete: CompleteStepUp) -> Result<StepUpOutcome, StoreError> {
        let CompleteStepUp { challenge, from, spends, session: wanted, now, audit } = complete;
        self.write(|state| {
            if state.open(challenge, now).is_none() {
                return Ok(StepUpOutcome::Closed);
            }
            let is_active = state.active(wanted.user).is_some();
            let is_seen = |session: &Session| {
                is_active && session.user == wanted.user && session.ended_at.is_none() && session.generation == from
            };
            if !state.sessions.get(&wanted.id).is_some_and(is_seen) {
                return Ok(StepUpOutcome::Conflict);
            }
            if !state.spend(spends)? {
                return Ok(StepUpOutcome::CodeRefused);
            }
            let Some(session) = state.sessions.get_mut(&wanted.id) else { return Ok(StepUpOutcome::Conflict) };
            session.generation = wanted.generation;
            session.rotated_at = wanted.rotated_at;
            session.methods = wanted.methods;
            session.auth_time = wanted.auth_time;
            session.last_seen_at = session.last_seen_at.max(wanted.last_seen_at);
            state.close(challenge, now);
            state.record(audit);
            Ok(StepUpOutcome::SteppedUp)
        })
    }

    async fn end_reused(
        &self,
        session: SessionId,
        notice: Message,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<EndOutcome, StoreError> {
        self.write(|state| {
            let outcome = end(state, session, now, audit);
            if outcome == EndOutcome::Ended {
                state.post(notice)?;
            }
            Ok(outcome)
        })
    }
}

fn end(state: &mut State, session: SessionId, now: Timestamp, audit: AuditEvent) -> EndOutcome {
    let live = state.sessions.get_mut(&session).filter(|session| session.ended_at.is_none());
    let Some(session) = live else { return EndOutcome::AlreadyEnded };
    session.ended_at = Some(now);
    state.record(audit);
    EndOutcome::Ended
}
