use doorward_kernel::{AuditKind, StoreError, Timestamp};
use doorward_notifier::NoticeTemplate;
use doorward_session::{Carrier, Generation, Refresh, Session, SignError};

use super::{Authentication, AuthenticationError, Credential, EndOutcome, Grant, RotateOutcome};
use crate::{
    SignedIn,
    keys::open_or_refresh,
    limits::{Caller, say_limited},
    messages, metrics,
};

/// The retries of a refresh while other calls rotate the session.
const MAX_RETRIES: usize = 3;

/// Why a session was not renewed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The token is none of ours, was spent, or its session has ended.
    #[error("the session cannot be renewed")]
    Invalid,
    /// The session was renewed too often.
    #[error("a rate limit is exhausted")]
    Limited {
        /// The seconds to wait.
        retry_after: u32,
    },
    /// The access token could not be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Authentication {
    /// Spends a refresh token for its successor.
    ///
    /// The token just spent gets the same successor again within the leeway and while the
    /// successor is unused: a lost answer is a retry. Any older token ends the session
    /// (RFC 9700, section 4.14.2) and tells its owner.
    #[tracing::instrument(level = "debug", name = "sessions.refresh", skip_all)]
    pub async fn refresh(&self, token: &str, caller: &Caller) -> Result<Grant, RefreshError> {
        let now = self.clock_and_ids.now();
        let opened = open_or_refresh(&*self.epochs, || self.tokens.open_refresh_token(token));
        let Some((session, presented)) = opened.await else {
            self.limiter.admit_call(caller, None, now).await?;
            return Err(RefreshError::Invalid);
        };
        self.limiter.admit_refresh(session, now).await?;
        for _ in 0..MAX_RETRIES {
            let found = self.sessions.find(session).await?;
            let is_good = |found: &SignedIn| found.session.carrier == Carrier::Token && self.is_live(found, now);
            let found = found.filter(is_good).ok_or(RefreshError::Invalid)?;
            let found = self.settled(found, now).await?;
            match self.policy.refresh(&found.session, presented, now) {
                Refresh::Repeat => return Ok(self.renewal(found)?),
                Refresh::Unknown => return Err(RefreshError::Invalid),
                Refresh::Reuse => return Err(self.end_reused(&found, now).await?),
                Refresh::Rotate => {
                    if let Some(rotated) = self.rotate(found, presented, now).await? {
                        return Ok(self.renewal(rotated)?);
                    }
                }
            }
        }
        Err(RefreshError::Invalid)
    }

    /// A fresh access token for a client that holds its session by cookie; nothing is spent.
    #[tracing::instrument(level = "debug", name = "sessions.refresh_cookie", skip_all)]
    pub async fn refresh_cookie(&self, value: &str) -> Result<Grant, RefreshError> {
        match self.authenticate(Credential::Cookie(value)).await {
            Ok(signed_in) => {
                self.limiter.admit_refresh(signed_in.session.id, self.clock_and_ids.now()).await?;
                Ok(self.renewal(signed_in)?)
            }
            Err(AuthenticationError::Unauthenticated) => Err(RefreshError::Invalid),
            Err(AuthenticationError::Store(error)) => Err(error.into()),
        }
    }

    async fn rotate(&self, found: SignedIn, from: Generation, now: Timestamp) -> Result<Option<SignedIn>, StoreError> {
        let audit = self.event_of(&found, AuditKind::SessionRefreshed, now);
        let outcome = self.sessions.rotate(found.session.id, from, now, audit).await?;
        let session = Session { generation: from.next(), rotated_at: now, last_seen_at: now, ..found.session };
        Ok((outcome == RotateOutcome::Rotated).then_some(SignedIn { session, user: found.user }))
    }

    async fn end_reused(&self, found: &SignedIn, now: Timestamp) -> Result<RefreshError, StoreError> {
        let audit = self.event_of(found, AuditKind::SessionReused, now);
        let owner = (&found.user.email, found.user.locale);
        let notice =
            messages::notice(owner, NoticeTemplate::SessionReused, None, self.clock_and_ids.message_id(now), now);
        if self.sessions.end_reused(found.session.id, notice, now, audit).await? == EndOutcome::Ended {
            metrics::refresh_reused();
            self.signal.notify();
        }
        Ok(RefreshError::Invalid)
    }
}

say_limited!(RefreshError);
