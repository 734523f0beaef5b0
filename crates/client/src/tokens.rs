use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

/// The tokens of a session, to be kept where nobody else can read them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tokens {
    /// The access token, for calls of Doorward and of the services that trust it.
    pub access_token: String,
    /// When it ends, in seconds since 1970, by the clock of this machine.
    pub expires_at: u64,
    /// Renews the session, once.
    pub refresh_token: String,
    /// Names the session.
    pub session_id: String,
    /// By which this client is known at the next login; see [`Client::with_device`](crate::Client::with_device).
    pub device_token: Option<String>,
}

/// The tokens as Doorward hands them out.
#[derive(Deserialize)]
pub(crate) struct Granted {
    access_token: String,
    expires_in: u64,
    refresh_token: String,
    session_id: String,
    device_token: Option<String>,
}

impl Tokens {
    pub(crate) fn of(granted: Granted) -> Self {
        Self {
            access_token: granted.access_token,
            expires_at: now().saturating_add(granted.expires_in),
            refresh_token: granted.refresh_token,
            session_id: granted.session_id,
            device_token: granted.device_token,
        }
    }

    /// The tokens after a refresh, which hands out no device token.
    pub(crate) fn renew(&mut self, granted: Granted) {
        let device_token = granted.device_token.clone().or_else(|| self.device_token.take());
        *self = Self { device_token, ..Self::of(granted) };
    }

    /// Returns whether the access token ends within that time.
    pub(crate) fn ends_within(&self, leeway: Duration) -> bool {
        self.expires_at <= now().saturating_add(leeway.as_secs())
    }
}

#[expect(clippy::disallowed_methods, reason = "a client has no clock but that of its machine")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { session_id, expires_at, .. } = self;
        f.debug_struct("Tokens").field("session_id", session_id).field("expires_at", expires_at).finish_non_exhaustive()
    }
}
