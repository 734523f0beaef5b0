use std::sync::Arc;

use doorward_kernel::{AuditEvent, AuditKind, SessionId, StoreError, Timestamp};
use doorward_notifier::OutboxSignal;
use doorward_session::{Assurance, Carrier, Policy, Session, SessionTokens, TokenSigner};

use super::{EndOutcome, RotateOutcome, Sessions};
use crate::{
    ClockAndIds, SignedIn,
    keys::{EpochRefresh, open_or_refresh},
    limits::RateLimiter,
};

/// Authenticates the caller: checks, renews and ends sessions.
#[derive(Clone)]
pub struct Authentication {
    /// Clock and id generator.
    pub clock_and_ids: ClockAndIds,
    /// The sessions.
    pub sessions: Arc<dyn Sessions>,
    /// The client's credentials of a session.
    pub tokens: Arc<dyn SessionTokens>,
    /// Which keys other nodes use.
    pub epochs: Arc<dyn EpochRefresh>,
    /// Signs access tokens.
    pub signer: Arc<dyn TokenSigner>,
    /// Wakes the delivery workers.
    pub signal: Arc<dyn OutboxSignal>,
    /// The rate limiter of refreshes.
    pub limiter: Arc<RateLimiter>,
    /// The numbers.
    pub policy: Policy,
}

/// The credential of a session, as a call brings it.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// An access token.
    Bearer(&'a str),
    /// A session cookie.
    Cookie(&'a str),
}

/// Why a call has no session.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// The credential is none of ours, or its session has ended.
    #[error("there is no such session")]
    Unauthenticated,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Authentication {
    /// The session of a call and its user: one query, and a write every few minutes at most.
    #[tracing::instrument(level = "debug", name = "sessions.authenticate", skip_all)]
    pub async fn authenticate(&self, credential: Credential<'_>) -> Result<SignedIn, AuthenticationError> {
        let now = self.clock_and_ids.now();
        let named = open_or_refresh(&*self.epochs, || match credential {
            Credential::Bearer(token) => self.session_of(token).map(|session| (session, None)),
            Credential::Cookie(value) => {
                self.tokens.open_cookie(value).map(|(session, generation)| (session, Some(generation)))
            }
        });
        let (session, generation) = named.await.ok_or(AuthenticationError::Unauthenticated)?;
        let found = self.sessions.find(session).await?.filter(|found| self.is_live(found, now));
        // A cookie from before a step-up would share the verification that another copy of it was given for.
        let is_newest = |found: &SignedIn| generation.is_none_or(|generation| generation == found.session.generation);
        let signed_in = found.filter(is_newest).ok_or(AuthenticationError::Unauthenticated)?;
        let signed_in = self.settled(signed_in, now).await?;
        if self.policy.should_touch(&signed_in.session, now) {
            self.sessions.touch(session, now).await?;
        }
        Ok(signed_in)
    }

    /// Returns the assurance level of the session, as of now.
    pub fn assurance(&self, signed_in: &SignedIn) -> Assurance {
        self.policy.assurance(&signed_in.session, self.clock_and_ids.now())
    }

    /// The session an access token names, if it is one of ours that holds; the store is not asked.
    pub fn session_of(&self, token: &str) -> Option<SessionId> {
        self.signer.verify(token, self.clock_and_ids.now()).map(|claims| claims.session)
    }

    /// The session after it fell back from two factors to one, if it has and nobody has noted it.
    pub(super) async fn settled(&self, signed_in: SignedIn, now: Timestamp) -> Result<SignedIn, StoreError> {
        if !self.policy.falls_back(&signed_in.session, now) {
            return Ok(signed_in);
        }
        let audit = self.event_of(&signed_in, AuditKind::SessionFellBack, now);
        self.sessions.fall_back(signed_in.session.id, now, audit).await?;
        let SignedIn { session, user } = signed_in;
        Ok(SignedIn { session: Session { fell_back_at: Some(now), ..session }, user })
    }

    /// Ends the session at once, everywhere.
    #[tracing::instrument(level = "debug", name = "sessions.logout", skip_all)]
    pub async fn logout(&self, signed_in: &SignedIn) -> Result<(), AuthenticationError> {
        let now = self.clock_and_ids.now();
        let audit = self.event_of(signed_in, AuditKind::SessionEnded, now);
        match self.sessions.end(signed_in.session.id, now, audit).await? {
            EndOutcome::Ended => Ok(()),
            EndOutcome::AlreadyEnded => Err(AuthenticationError::Unauthenticated),
        }
    }

    /// The session under a new cookie; the old one is worth nothing from now on.
    ///
    /// For what changes what the session may do, or whom it must be kept from (ASVS 5.0, 7.2.4).
    /// `None` where there is no cookie to renew, or another call has renewed it meanwhile.
    #[tracing::instrument(level = "debug", name = "sessions.renew_cookie", skip_all)]
    pub async fn renew_cookie(&self, signed_in: &SignedIn) -> Result<Option<SignedIn>, StoreError> {
        if signed_in.session.carrier != Carrier::Cookie {
            return Ok(None);
        }
        let (session, now) = (&signed_in.session, self.clock_and_ids.now());
        let audit = self.event_of(signed_in, AuditKind::SessionRefreshed, now);
        Ok(match self.sessions.rotate(session.id, session.generation, now, audit).await? {
            RotateOutcome::Rotated => {
                let session = Session { generation: session.generation.next(), rotated_at: now, ..session.clone() };
                Some(SignedIn { session, user: signed_in.user.clone() })
            }
            RotateOutcome::Conflict => None,
        })
    }

    /// Ends the session of a cookie whose place that of another one takes.
    ///
    /// The client can no longer show it, so whoever still could has a copy (ASVS 5.0, 7.2.4).
    #[tracing::instrument(level = "debug", name = "sessions.replace", skip_all)]
    pub async fn replace(&self, cookie: &str, by: &Session) -> Result<(), StoreError> {
        let old = self.tokens.open_cookie(cookie).filter(|(session, _)| *session != by.id);
        let Some((session, generation)) = old.filter(|_| by.carrier == Carrier::Cookie) else { return Ok(()) };
        let now = self.clock_and_ids.now();
        let is_it = |found: &SignedIn| found.session.generation == generation && self.is_live(found, now);
        if let Some(found) = self.sessions.find(session).await?.filter(is_it) {
            let audit = self.event_of(&found, AuditKind::SessionEnded, now);
            self.sessions.end(session, now, audit).await?;
        }
        Ok(())
    }

    pub(crate) fn is_live(&self, signed_in: &SignedIn, now: Timestamp) -> bool {
        signed_in.user.is_active() && self.policy.is_live(&signed_in.session, now)
    }

    pub(super) fn event_of(&self, signed_in: &SignedIn, kind: AuditKind, now: Timestamp) -> AuditEvent {
        AuditEvent {
            user: Some(signed_in.user.id),
            session: Some(signed_in.session.id),
            ..self.clock_and_ids.event(kind, now)
        }
    }
}
