use doorward_kernel::{AuditKind, SessionId, StoreError};
use doorward_session::{Scope, Session};

use super::{Authentication, AuthenticationError, EndOthersOutcome, EndOutcome};
use crate::SignedIn;

/// Why a session was not ended.
#[derive(Debug, thiserror::Error)]
pub enum EndError {
    /// It is none of the caller's live sessions that may be ended so; whose it is, is not told.
    #[error("there is no such session")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Authentication {
    /// The caller's live sessions, the last used first, but for those that may only bind: whoever has
    /// taken a factor over must not learn that the owner takes it back.
    #[tracing::instrument(level = "debug", name = "sessions.list", skip_all)]
    pub async fn list(&self, signed_in: &SignedIn) -> Result<Vec<Session>, StoreError> {
        let now = self.clock_and_ids.now();
        let mut sessions = self.sessions.list(signed_in.user.id, self.policy.idle_since(now)).await?;
        sessions.retain(|session| session.scope == Scope::Full && self.policy.is_live(session, now));
        Ok(sessions)
    }

    /// Ends one of the caller's live sessions at once, everywhere.
    #[tracing::instrument(level = "debug", name = "sessions.end", skip_all)]
    pub async fn end(&self, signed_in: &SignedIn, session: SessionId) -> Result<(), EndError> {
        let now = self.clock_and_ids.now();
        let found = self.sessions.find(session).await?;
        let is_own = |found: &SignedIn| found.user.id == signed_in.user.id && found.session.scope == Scope::Full;
        let own = found.filter(|found| is_own(found) && self.is_live(found, now));
        let own = own.ok_or(EndError::NotFound)?;
        let audit = self.event_of(&own, AuditKind::SessionEnded, now);
        match self.sessions.end(session, now, audit).await? {
            EndOutcome::Ended => Ok(()),
            EndOutcome::AlreadyEnded => Err(EndError::NotFound),
        }
    }

    /// Ends all of the caller's sessions but the one of the call, and those that may only bind.
    #[tracing::instrument(level = "debug", name = "sessions.end_others", skip_all)]
    pub async fn end_others(&self, signed_in: &SignedIn) -> Result<(), AuthenticationError> {
        let now = self.clock_and_ids.now();
        let audit = self.event_of(signed_in, AuditKind::OtherSessionsEnded, now);
        match self.sessions.end_others(signed_in.user.id, signed_in.session.id, now, audit).await? {
            EndOthersOutcome::Ended { count: _ } => Ok(()),
            EndOthersOutcome::Conflict => Err(AuthenticationError::Unauthenticated),
        }
    }
}
