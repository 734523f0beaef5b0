use doorward_kernel::{DeviceOwner, Secret, SessionId};

/// Counts how often a session was renewed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u32);

impl Generation {
    /// The generation after this one.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Writes and reads what clients hold of a session; nobody can forge it, and none of it is stored.
pub trait SessionTokens: Send + Sync {
    /// The refresh token of a generation: `rt_` and base64url.
    fn refresh_token(&self, session: SessionId, generation: Generation) -> Secret<String>;

    /// The session and generation of a refresh token; `None` for all that we did not make.
    fn open_refresh_token(&self, token: &str) -> Option<(SessionId, Generation)>;

    /// The value of the session cookie of a generation: base64url.
    fn cookie(&self, session: SessionId, generation: Generation) -> Secret<String>;

    /// The session and generation of a cookie; `None` for all that we did not make.
    fn open_cookie(&self, value: &str) -> Option<(SessionId, Generation)>;

    /// The token by which a client that logged in to an account before is known again: `dt_` and base64url.
    fn device_token(&self, owner: DeviceOwner) -> Secret<String>;

    /// Returns whether the device token was made for that account, in that generation of its devices.
    fn is_known_device(&self, token: &str, owner: DeviceOwner) -> bool;
}
