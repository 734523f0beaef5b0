use std::fmt;

use serde::{Deserialize, Serialize};

/// An account, as its owner sees it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// Names the account for ever: `sub` in access tokens.
    pub id: String,
    /// The first name.
    pub first_name: String,
    /// The last name, for people who have one.
    pub last_name: Option<String>,
    /// The address.
    pub email: String,
    /// Whether the address was verified.
    pub email_verified: bool,
    /// The number in E.164, until somebody else verifies it.
    pub phone_number: Option<String>,
    /// Whether the number was verified.
    pub phone_verified: bool,
    /// The language of the texts sent to the owner (BCP 47).
    pub locale: String,
    /// When the account came into being (RFC 3339).
    pub created_at: String,
    /// When anything of this last changed (RFC 3339).
    pub updated_at: String,
    /// The ways in.
    pub factors: Vec<Factor>,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Factor {
    /// The password.
    Password,
    /// Codes to a verified number, by SMS, WhatsApp or a call.
    Sms,
    /// An authenticator app.
    Totp,
    /// One that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}

/// The way of a code to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Channel {
    /// An SMS.
    Sms,
    /// A message by WhatsApp.
    WhatsApp,
    /// A call that says the code.
    Voice,
}

/// A flow as it was when it was started or asked for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct FlowInfo {
    /// How the step is verified: `email`, `sms`, `whatsapp`, `voice`, `totp` or `password`.
    pub channel: String,
    /// Where the code went, masked.
    pub destination: String,
    /// When the step ends (RFC 3339).
    pub expires_at: String,
    /// From when on the code may be sent again (RFC 3339).
    pub resend_at: Option<String>,
    /// Wrong tries that are left.
    pub attempts_left: u8,
}

/// A flow, and how far its code has come.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ShownFlow {
    /// The flow.
    #[serde(flatten)]
    pub info: FlowInfo,
    /// `queued`, `sent`, `delivered` or `failed`, at a step that sends a code.
    pub delivery: Option<String>,
}

/// A live session of an account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct OwnSession {
    /// Names the session: `sid` in access tokens.
    pub id: String,
    /// The `User-Agent` of the login.
    pub device: Option<String>,
    /// The network of the login.
    pub place: Option<String>,
    /// When it was opened (RFC 3339).
    pub created_at: String,
    /// When it was used last (RFC 3339), exact to a few minutes.
    pub last_seen_at: String,
    /// Whether it is the one of this call.
    pub current: bool,
}
