use async_trait::async_trait;
use doorward_app::sessions::{SignedIn, SignedIns};
use doorward_kernel::{AuditEvent, SessionId, StoreError, Timestamp};
use doorward_notifier::Message;
use doorward_session::{EndOutcome, Generation, RotateOutcome, Session, Sessions};

use super::{MemoryStore, state::State};

#[async_trait]
impl Sessions for MemoryStore {
    async fn rotate(
        &self,
        session: SessionId,
        from: Generation,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<RotateOutcome, StoreError> {
        self.write(|state| {
            let State { sessions, users, .. } = state;
            let is_active =
                |session: &Session| users.get(&session.user).is_some_and(|account| account.user.is_active());
            let is_good =
                |session: &Session| session.ended_at.is_none() && session.generation == from && is_active(session);
            let Some(session) = sessions.get_mut(&session).filter(|session| is_good(session)) else {
                return Ok(RotateOutcome::Lost);
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
            if let Some(session) = state.sessions.get_mut(&session) {
                session.last_seen_at = session.last_seen_at.max(now);
            }
            Ok(())
        })
    }

    async fn end(&self, session: SessionId, now: Timestamp, audit: AuditEvent) -> Result<EndOutcome, StoreError> {
        self.write(|state| Ok(end(state, session, now, audit)))
    }
}

#[async_trait]
impl SignedIns for MemoryStore {
    async fn find(&self, session: SessionId) -> Result<Option<SignedIn>, StoreError> {
        Ok(self.read(|state| {
            let session = state.sessions.get(&session)?.clone();
            let user = state.users.get(&session.user)?.user.clone();
            Some(SignedIn { session, user })
        }))
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
