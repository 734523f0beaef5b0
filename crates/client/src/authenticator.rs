use std::fmt;

use serde::Deserialize;
use serde_json::json;

use crate::{Error, Session};

/// The key for an authenticator app, which does nothing until a code of the app is confirmed.
///
/// It is not shown again; to begin anew forgets it.
pub struct AuthenticatorSetup {
    session: Session,
    key: AuthenticatorKey,
}

/// What an authenticator app is set up by.
#[derive(Deserialize)]
#[non_exhaustive]
#[allow(missing_debug_implementations, reason = "it is a secret")]
pub struct AuthenticatorKey {
    /// To be typed by those who cannot read a picture: 32 characters of base32.
    pub secret: String,
    /// To be opened by an app on the same device.
    pub otpauth_url: String,
    /// The QR code as a `data:` URL, for the `src` of an image.
    pub qr_png: String,
    /// The QR code as an SVG document.
    pub qr_svg: String,
}

/// The outcome of a confirmed authenticator app.
#[derive(Debug)]
#[non_exhaustive]
pub enum Bound {
    /// Logins ask for its codes from now on.
    Active(RecoveryCodes),
    /// It counts later, unless the owner objects; then [`Session::renew_recovery_codes`] gives the first codes.
    Pending {
        /// From when on it counts (RFC 3339).
        until: String,
    },
}

/// Ten codes that stand in for the authenticator app, each of them once; not shown again.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct RecoveryCodes {
    /// The codes, as people write them down.
    #[serde(rename = "recovery_codes")]
    pub codes: Vec<String>,
}

#[derive(Deserialize)]
struct PendingAnswer {
    pending_until: String,
}

impl Session {
    /// Begins to bind an authenticator app.
    pub async fn bind_authenticator(&self) -> Result<AuthenticatorSetup, Error> {
        let key = self.post("/totp", json!({})).await?.read()?;
        Ok(AuthenticatorSetup { session: self.clone(), key })
    }

    /// Removes the authenticator app and its recovery codes; the code is one of the app, or a recovery code.
    pub async fn remove_authenticator(&self, password: &str, code: &str) -> Result<(), Error> {
        self.post("/totp/remove", json!({ "password": password, "otp": code })).await.map(drop)
    }

    /// Makes new recovery codes in place of all former ones; the code is one of the app, or a recovery code.
    pub async fn renew_recovery_codes(&self, password: &str, code: &str) -> Result<RecoveryCodes, Error> {
        self.post("/recovery_codes", json!({ "password": password, "otp": code })).await?.read()
    }
}

impl AuthenticatorSetup {
    /// What the app is set up by.
    pub fn key(&self) -> &AuthenticatorKey {
        &self.key
    }

    /// Binds the app by the code that it shows.
    ///
    /// In a session that has verified neither the password nor a second factor it counts later, unless the password comes
    /// along.
    pub async fn confirm(&self, code: &str, password: Option<&str>) -> Result<Bound, Error> {
        let answer = self.session.post("/totp/confirm", json!({ "otp": code, "password": password })).await?;
        if answer.status == 202 {
            return answer.read().map(|PendingAnswer { pending_until }| Bound::Pending { until: pending_until });
        }
        answer.read().map(Bound::Active)
    }
}

impl fmt::Debug for AuthenticatorSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticatorSetup").field("session", &self.session).finish_non_exhaustive()
    }
}

impl fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecoveryCodes").finish_non_exhaustive()
    }
}
