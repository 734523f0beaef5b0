use std::time::Duration;

use doorward_notifier::SendError;
use serde::Deserialize;

use crate::meaning::{Meaning, meaning};

/// Why Twilio did not take a message; it holds nothing of the message, no number and no token.
#[derive(Debug, thiserror::Error)]
pub enum TwilioError {
    /// Twilio said no.
    #[error("Twilio answered {status}{}", code.map(|code| format!(" (error {code})")).unwrap_or_default())]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Twilio's own number, as 21211 for a number that does not exist.
        code: Option<u32>,
        /// When Twilio asks to be tried again.
        retry_after: Option<Duration>,
    },
    /// No answer came: no connection, or none in time.
    #[error("Twilio did not answer")]
    Unreachable(#[source] reqwest::Error),
    /// The message is not for a telephone.
    #[error("the recipient is no telephone")]
    NotSms,
    /// WhatsApp and calls carry codes alone.
    #[error("a notice goes by SMS alone")]
    NotACode,
}

/// Twilio's description of a failure; its words may quote the number and are left out.
#[derive(Deserialize)]
struct Failure {
    code: Option<u32>,
}

impl TwilioError {
    /// Reads an answer that is no success.
    pub(crate) fn refused(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        let code = serde_json::from_slice(body).ok().and_then(|failure: Failure| failure.code);
        Self::Refused { status, code, retry_after }
    }
}

impl From<reqwest::Error> for TwilioError {
    fn from(error: reqwest::Error) -> Self {
        // The URL names the account.
        Self::Unreachable(error.without_url())
    }
}

impl From<TwilioError> for SendError {
    fn from(error: TwilioError) -> Self {
        let (meaning, retry_after) = match &error {
            TwilioError::Refused { status, code, retry_after } => (meaning(*status, *code, *retry_after), *retry_after),
            TwilioError::Unreachable(_) => (Meaning::Unavailable, None),
            TwilioError::NotSms | TwilioError::NotACode => (Meaning::RecipientNever, None),
        };
        match meaning {
            Meaning::Unavailable => Self::unavailable(error),
            Meaning::Transient => Self::Transient { retry_after, source: error.into() },
            Meaning::ProviderCannot(scope) => Self::provider_cannot(scope, error),
            Meaning::RecipientNever => Self::recipient_never(error),
            Meaning::Failed => Self::failed(error),
        }
    }
}
