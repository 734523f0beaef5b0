use std::time::Duration;

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
};
use serde_json::json;

use crate::{Acr, VerifyError};

/// Why a request is not served; its answer is `application/problem+json` (RFC 9457).
///
/// The client is not told what exactly is wrong with its token: a [`VerifyError`] says it, and
/// goes to the log at level `debug`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// 401: no bearer token came along.
    #[error("an access token is required")]
    NoToken,
    /// 401: the token is not good.
    #[error("the access token is not valid")]
    Invalid,
    /// 401: the token is good, but its owner must be verified more surely (RFC 9470).
    #[error("a stronger authentication is required")]
    Insufficient(Acr),
    /// 503: there are no keys to judge the token by.
    #[error("access tokens cannot be verified at the moment")]
    Unavailable(Duration),
    /// 500: the application was put together without a `web::Data<Verifier>`.
    #[error("access tokens cannot be verified here")]
    NoVerifier,
}

impl From<VerifyError> for Rejection {
    fn from(error: VerifyError) -> Self {
        tracing::debug!(reason = %error, "an access token was refused");
        match error {
            VerifyError::Assurance(required) => Self::Insufficient(required),
            VerifyError::Unavailable { retry_after } => Self::Unavailable(retry_after),
            VerifyError::TooLong
            | VerifyError::Encoding
            | VerifyError::Json
            | VerifyError::ForbiddenHeader(_)
            | VerifyError::Type
            | VerifyError::Algorithm
            | VerifyError::KeyId
            | VerifyError::UnknownKey
            | VerifyError::Signature
            | VerifyError::Claim(_)
            | VerifyError::Issuer
            | VerifyError::Audience
            | VerifyError::Expired
            | VerifyError::NotYetValid
            | VerifyError::FromTheFuture
            | VerifyError::Lifetime => Self::Invalid,
        }
    }
}

impl Rejection {
    const fn code(self) -> &'static str {
        match self {
            Self::NoToken | Self::Invalid => "unauthenticated",
            Self::Insufficient(_) => "step_up_required",
            Self::Unavailable(_) => "unavailable",
            Self::NoVerifier => "internal",
        }
    }

    /// The challenge; a request without a token gets no error code (RFC 6750, section 3.1).
    fn challenge(self) -> Option<String> {
        match self {
            Self::NoToken => Some("Bearer".to_owned()),
            Self::Invalid => Some(r#"Bearer error="invalid_token""#.to_owned()),
            Self::Insufficient(required) => {
                let acr = required.as_str();
                Some(format!(r#"Bearer error="insufficient_user_authentication", acr_values="{acr}""#))
            }
            Self::Unavailable(_) | Self::NoVerifier => None,
        }
    }

    /// Whole seconds, at least one.
    fn retry_after(self) -> Option<u64> {
        match self {
            Self::Unavailable(wait) => Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0 || wait.is_zero())),
            Self::NoToken | Self::Invalid | Self::Insufficient(_) | Self::NoVerifier => None,
        }
    }
}

impl ResponseError for Rejection {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::Invalid | Self::Insufficient(_) => StatusCode::UNAUTHORIZED,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoVerifier => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        response.insert_header((CONTENT_TYPE, "application/problem+json")).insert_header((CACHE_CONTROL, "no-store"));
        if let Some(challenge) = self.challenge() {
            response.insert_header((WWW_AUTHENTICATE, challenge));
        }
        if let Some(seconds) = self.retry_after() {
            response.insert_header((RETRY_AFTER, seconds));
        }
        let problem = json!({ "title": self.to_string(), "status": status.as_u16(), "code": self.code() });
        response.body(problem.to_string())
    }
}
