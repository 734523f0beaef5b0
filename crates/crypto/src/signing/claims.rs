use std::{borrow::Cow, time::Duration};

use doorward_kernel::{SessionId, Timestamp, UserId};
use doorward_session::{AccessClaims, Assurance, Methods};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::TokenSettings;

/// The most that the clocks of two nodes may be apart.
const SKEW: Duration = Duration::from_secs(30);

/// The claims of an access token (RFC 9068, section 2.2), all of them required.
#[derive(Serialize, Deserialize)]
pub(super) struct Claims<'a> {
    iss: Cow<'a, str>,
    sub: Cow<'a, str>,
    aud: Cow<'a, str>,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: Cow<'a, str>,
    sid: Cow<'a, str>,
    auth_time: i64,
    amr: Vec<Cow<'a, str>>,
    acr: Cow<'a, str>,
}

impl<'a> Claims<'a> {
    pub(super) fn new(claims: &AccessClaims, settings: &'a TokenSettings, jti: String) -> Self {
        let issued_at = claims.issued_at.as_seconds();
        Self {
            iss: settings.issuer.as_str().into(),
            sub: claims.user.to_string().into(),
            aud: settings.audience_of(claims.assurance).into(),
            iat: issued_at,
            nbf: issued_at,
            exp: claims.expires_at.as_seconds(),
            jti: jti.into(),
            sid: claims.session.to_string().into(),
            auth_time: claims.auth_time.as_seconds(),
            amr: claims.methods.amr().into_iter().map(Cow::Borrowed).collect(),
            acr: claims.assurance.as_str().into(),
        }
    }

    /// Accepts the claims if they were made by this issuer for this audience and hold now.
    pub(super) fn accept(&self, settings: &TokenSettings, now: Timestamp) -> Option<AccessClaims> {
        let (issued_at, not_before, expires_at) = (instant(self.iat)?, instant(self.nbf)?, instant(self.exp)?);
        let assurance = Assurance::parse(&self.acr)?;
        let is_ours = self.iss == settings.issuer && self.aud == settings.audience_of(assurance);
        let is_for_us = is_ours && !self.jti.is_empty();
        if !(is_for_us && holds(issued_at.max(not_before), expires_at, now)) {
            return None;
        }
        let methods = Methods::parse(&self.amr.join(" "));
        (methods.amr() == self.amr).then_some(())?;
        Some(AccessClaims {
            user: UserId::from_uuid(uuid(&self.sub)?),
            session: SessionId::from_uuid(uuid(&self.sid)?),
            auth_time: instant(self.auth_time)?,
            methods,
            assurance,
            issued_at,
            expires_at,
        })
    }
}

/// Returns whether a token that was made then and ends then is good now.
pub(super) fn holds(begins_at: Timestamp, expires_at: Timestamp, now: Timestamp) -> bool {
    // Another node's clock may be a little ahead; the end is never stretched.
    begins_at <= now + SKEW && now < expires_at
}

fn instant(seconds: i64) -> Option<Timestamp> {
    seconds.checked_mul(1_000_000).map(Timestamp::from_micros)
}

/// The UUID in the one spelling that we write.
fn uuid(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|uuid| uuid.hyphenated().to_string() == text)
}
