use std::time::Duration;

use doorward_notifier::{Scope, SendError};

/// Why a gateway did not take a message; it holds nothing of the message and no secret.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// It said no.
    #[error("the gateway answered {status}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// When it asks to be tried again.
        retry_after: Option<Duration>,
    },
    /// No answer came: no connection, or none in time.
    #[error("the gateway did not answer")]
    Unreachable(#[source] reqwest::Error),
    /// The message is not for a telephone.
    #[error("the recipient is no telephone")]
    NotSms,
}

impl From<reqwest::Error> for GatewayError {
    fn from(error: reqwest::Error) -> Self {
        // The path may be a secret.
        Self::Unreachable(error.without_url())
    }
}

impl From<GatewayError> for SendError {
    fn from(error: GatewayError) -> Self {
        match error {
            GatewayError::NotSms | GatewayError::Refused { status: 409 | 422, .. } => Self::recipient_never(error),
            GatewayError::Refused { status: 401..=404, .. } => Self::provider_cannot(Scope::Everyone, error),
            GatewayError::Refused { status: 429 | 503, retry_after } => {
                Self::Transient { retry_after, source: error.into() }
            }
            GatewayError::Refused { .. } | GatewayError::Unreachable(_) => Self::unavailable(error),
        }
    }
}
