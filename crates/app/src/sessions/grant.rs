use std::time::Duration;

use doorward_kernel::{Secret, SessionId, Timestamp};
use doorward_session::{AccessClaims, Carrier, Session, SignError};
use doorward_user::User;

use super::Authentication;
use crate::SignedIn;

/// The credentials that a client gets when a session is opened or renewed.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The owner of the session.
    pub user: User,
    /// The session.
    pub session: SessionId,
    /// The access token, which shows the session to other services, too.
    pub access_token: Secret<String>,
    /// The time that the access token is good.
    pub access_ttl: Duration,
    /// How the client holds the session from now on.
    pub holding: Holding,
    /// Makes this client known at later logins; `None` at a renewal.
    pub device_token: Option<Secret<String>>,
    /// Whether the login was to continue the registration of another account than it led to.
    pub is_of_another_account: bool,
}

/// The client's credential: a cookie or tokens.
#[derive(Clone, Debug)]
pub enum Holding {
    /// The value of the session cookie.
    Cookie(Secret<String>),
    /// A refresh token and how long it is good if not used.
    RefreshToken(Secret<String>, Duration),
}

/// Why nothing could be granted.
pub type GrantError = SignError;

impl Authentication {
    /// Builds the credentials of a session that was just opened.
    pub fn grant(&self, signed_in: SignedIn) -> Result<Grant, GrantError> {
        let device_token = self.tokens.device_token(signed_in.user.device_owner());
        Ok(Grant { device_token: Some(device_token), ..self.renewal(signed_in)? })
    }

    /// Builds the credentials of a session that goes on.
    pub fn renewal(&self, SignedIn { session, user }: SignedIn) -> Result<Grant, GrantError> {
        let now = self.clock_and_ids.now();
        let access_ttl = self.policy.access_ttl;
        let claims = AccessClaims {
            user: user.id,
            session: session.id,
            auth_time: session.auth_time,
            methods: session.methods.clone(),
            assurance: self.policy.assurance(&session, now),
            issued_at: now,
            expires_at: now + access_ttl,
        };
        let access_token = self.signer.sign(&claims)?;
        let holding = self.holding(&session, now);
        Ok(Grant {
            user,
            session: session.id,
            access_token,
            access_ttl,
            holding,
            device_token: None,
            is_of_another_account: false,
        })
    }

    fn holding(&self, session: &Session, now: Timestamp) -> Holding {
        match session.carrier {
            Carrier::Cookie => Holding::Cookie(self.tokens.cookie(session.id, session.generation)),
            Carrier::Token => {
                let token = self.tokens.refresh_token(session.id, session.generation);
                Holding::RefreshToken(token, self.policy.ends_at(session).since(now))
            }
        }
    }
}
