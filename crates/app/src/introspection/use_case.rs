use doorward_kernel::{AuditEvent, AuditKind, SessionId, StoreError, Timestamp};
use doorward_session::{AccessClaims, Carrier, Generation, Refresh, Scope};

use super::{Introspected, TokenKind};
use crate::{SignedIn, clients::Clients, keys::open_or_refresh, sessions::Authentication};

/// Token introspection and revocation for resource servers (RFC 7662, RFC 7009).
#[derive(Clone)]
pub struct Introspection {
    /// Authenticates sessions by their tokens.
    pub authentication: Authentication,
    /// The registered resource servers.
    pub clients: Clients,
    /// The issuer of the tokens (`iss`).
    pub issuer: String,
    /// The audience of the tokens (`aud`).
    pub audience: String,
}

/// A token that this service issued, still valid or not.
enum Token {
    Access(AccessClaims),
    Refresh(SessionId, Generation),
}

impl Introspection {
    /// Finds the session and user of a token; `None` for one that expired, was spent, or is none of ours, and
    /// when its session has ended, may only bind, or its user was disabled.
    #[tracing::instrument(level = "debug", name = "introspection.introspect", skip_all)]
    pub async fn introspect(&self, token: &str) -> Result<Option<Introspected>, StoreError> {
        let now = self.authentication.clock_and_ids.now();
        let Some(token) = self.open(token, now).await else { return Ok(None) };
        let found = self.authentication.sessions.find(token.session()).await?;
        let may_enter =
            |found: &SignedIn| self.authentication.is_live(found, now) && found.session.scope == Scope::Full;
        let Some(found) = found.filter(may_enter) else { return Ok(None) };
        Ok(match token {
            Token::Access(claims) => {
                // The session may have fallen back since the token was made.
                let now_given = self.authentication.policy.assurance(&found.session, now);
                let claims = AccessClaims { assurance: claims.assurance.min(now_given), ..claims };
                (claims.user == found.user.id).then_some(Introspected { kind: TokenKind::Access, claims })
            }
            Token::Refresh(_, generation) => self.refreshing(&found, generation, now),
        })
    }

    /// Ends the session of the token, if it is one of ours (RFC 7009, section 2.1); a spent refresh token will do.
    #[tracing::instrument(level = "debug", name = "introspection.revoke", skip_all)]
    pub async fn revoke(&self, token: &str) -> Result<(), StoreError> {
        let now = self.authentication.clock_and_ids.now();
        let Some(token) = self.open(token, now).await else { return Ok(()) };
        let Some(found) = self.authentication.sessions.find(token.session()).await? else { return Ok(()) };
        let audit = AuditEvent {
            user: Some(found.user.id),
            session: Some(found.session.id),
            ..self.authentication.clock_and_ids.event(AuditKind::SessionRevoked, now)
        };
        self.authentication.sessions.end(found.session.id, now, audit).await?;
        Ok(())
    }

    /// Kinds are told apart by what they are: a hint could only be wrong.
    async fn open(&self, token: &str, now: Timestamp) -> Option<Token> {
        let Authentication { epochs, signer, tokens, .. } = &self.authentication;
        let opened = open_or_refresh(&**epochs, || {
            let access = signer.verify(token, now).map(Token::Access);
            access.or_else(|| {
                let (session, generation) = tokens.open_refresh_token(token)?;
                Some(Token::Refresh(session, generation))
            })
        });
        opened.await
    }

    fn refreshing(&self, found: &SignedIn, presented: Generation, now: Timestamp) -> Option<Introspected> {
        let SignedIn { session, user } = found;
        let policy = &self.authentication.policy;
        let is_good = session.carrier == Carrier::Token && policy.refresh(session, presented, now) == Refresh::Rotate;
        let claims = AccessClaims {
            user: user.id,
            session: session.id,
            auth_time: session.auth_time,
            methods: session.methods.clone(),
            assurance: policy.assurance(session, now),
            issued_at: session.rotated_at,
            expires_at: policy.ends_at(session),
        };
        is_good.then_some(Introspected { kind: TokenKind::Refresh, claims })
    }
}

impl Token {
    fn session(&self) -> SessionId {
        match self {
            Self::Access(claims) => claims.session,
            Self::Refresh(session, _) => *session,
        }
    }
}
