use std::{borrow::Cow, error::Error, time::Duration};

use actix_web::{
    cookie::Cookie,
    http::{StatusCode, header::HeaderValue},
};
use doorward_app::limits::AskedPuzzle;
use doorward_kernel::StoreError;

use super::{FieldError, ProblemCode, PuzzleView};

type Source = Box<dyn Error + Send + Sync>;

/// The error response to a request; its cause appears in the log only.
///
/// Handlers return it as their error. The edge writes it out, with the id of the request.
pub struct Problem(Box<Parts>);

pub(super) struct Parts {
    pub(super) code: ProblemCode,
    pub(super) detail: Option<Cow<'static, str>>,
    pub(super) errors: Vec<FieldError>,
    pub(super) retry_after: Option<u64>,
    pub(super) attempts_left: Option<u8>,
    pub(super) puzzle: Option<PuzzleView>,
    pub(super) challenge: Option<&'static str>,
    pub(super) allow: Option<HeaderValue>,
    pub(super) cookies: Vec<Cookie<'static>>,
    pub(super) source: Option<Source>,
}

macro_rules! plain {
    ($($(#[$doc:meta])* $name:ident = $code:ident;)*) => {
        impl Problem {
            $($(#[$doc])* pub fn $name() -> Self { Self::new(ProblemCode::$code) })*
        }
    };
}

plain! {
    /// A call that goes on with a flow names none.
    flow_missing = FlowMissing;
    /// A call names two flows.
    flow_ambiguous = FlowAmbiguous;
    /// A call names two sessions.
    session_ambiguous = SessionAmbiguous;
    /// The refresh token is not good.
    refresh_invalid = RefreshInvalid;
    /// The current password is wrong.
    password_incorrect = PasswordIncorrect;
    /// A page of another site sent the request.
    cross_site = CrossSite;
    /// A fresh verification is needed.
    step_up_required = StepUpRequired;
    /// The session may only bind a factor.
    binding_required = BindingRequired;
    /// There is nothing there, or nothing this caller may see.
    not_found = NotFound;
    /// The body did not come in time.
    request_timeout = RequestTimeout;
    /// The flow is finished, expired, exhausted, unknown or another's; all alike.
    flow_closed = FlowClosed;
    /// The request names a host that is not ours.
    misdirected = Misdirected;
    /// The address of the request is too long.
    uri_too_long = UriTooLong;
    /// The headers are too long.
    headers_too_large = HeadersTooLarge;
}

impl Problem {
    pub(crate) fn new(code: ProblemCode) -> Self {
        let challenge = match code {
            ProblemCode::InvalidClient => Some("Basic realm=\"doorward\", charset=\"UTF-8\""),
            code if code.status() == StatusCode::UNAUTHORIZED => Some("Bearer"),
            _ => None,
        };
        Self(Box::new(Parts {
            code,
            detail: None,
            errors: Vec::new(),
            retry_after: None,
            attempts_left: None,
            puzzle: None,
            challenge,
            allow: None,
            cookies: Vec::new(),
            source: None,
        }))
    }

    /// The request cannot be read.
    pub fn malformed(detail: &'static str) -> Self {
        Self::new(ProblemCode::Malformed).with_detail(detail)
    }

    /// A member is given twice.
    pub fn duplicate_field(error: FieldError) -> Self {
        Self::new(ProblemCode::DuplicateField).with_errors(vec![error])
    }

    /// The body is of a kind that is not read.
    pub fn unsupported_media_type(detail: &'static str) -> Self {
        Self::new(ProblemCode::UnsupportedMediaType).with_detail(detail)
    }

    /// The body is longer than that many bytes.
    pub fn payload_too_large(limit: usize) -> Self {
        Self::new(ProblemCode::PayloadTooLarge).with_detail(format!("a body may have at most {limit} bytes"))
    }

    /// Fields are missing or wrong; all of them, so that one answer is enough.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self::new(ProblemCode::Invalid).with_errors(errors)
    }

    /// Fields are given that the call does not take, and nothing else is wrong.
    pub fn unknown_field(errors: Vec<FieldError>) -> Self {
        Self::new(ProblemCode::UnknownField).with_errors(errors)
    }

    /// A session is needed, and the call carried none.
    pub fn unauthenticated() -> Self {
        Self::new(ProblemCode::Unauthenticated)
    }

    /// A session is needed, and the token or cookie the call carried is not good (RFC 6750, section 3.1).
    pub fn token_rejected() -> Self {
        let mut problem = Self::new(ProblemCode::Unauthenticated);
        problem.0.challenge = Some("Bearer error=\"invalid_token\"");
        problem
    }

    /// The session holds, and is of one factor where two are asked for (RFC 9470, section 3).
    pub fn second_factor_needed() -> Self {
        let mut problem = Self::new(ProblemCode::Unauthenticated).with_detail("two factors are asked for");
        problem.0.challenge = Some("Bearer error=\"insufficient_user_authentication\", acr_values=\"aal2\"");
        problem
    }

    /// The client did not prove who it is (RFC 6749, section 5.2).
    pub fn invalid_client() -> Self {
        Self::new(ProblemCode::InvalidClient)
    }

    /// Identifier and password do not belong together; with a flow, so many tries are left.
    pub fn credentials_incorrect(attempts_left: Option<u8>) -> Self {
        let mut problem = Self::new(ProblemCode::CredentialsIncorrect);
        problem.0.attempts_left = attempts_left;
        problem
    }

    /// The code is wrong; with a flow, so many tries are left.
    pub fn otp_incorrect(attempts_left: Option<u8>) -> Self {
        let mut problem = Self::new(ProblemCode::OtpIncorrect);
        problem.0.attempts_left = attempts_left;
        problem
    }

    /// The path does not know the method; `allow` lists those it knows.
    pub fn method_not_allowed(allow: Option<HeaderValue>) -> Self {
        let mut problem = Self::new(ProblemCode::MethodNotAllowed);
        problem.0.allow = allow;
        problem
    }

    /// The request does not fit the state of the account.
    pub fn conflict(detail: &'static str) -> Self {
        Self::new(ProblemCode::Conflict).with_detail(detail)
    }

    /// The code may be sent again after that time, not before.
    pub fn resend_too_early(wait: Duration) -> Self {
        Self::new(ProblemCode::ResendTooEarly).with_retry_after(wait)
    }

    /// The code may not be sent again; a new flow may be started after that time.
    pub fn resend_exhausted(wait: Duration) -> Self {
        Self::new(ProblemCode::ResendExhausted).with_retry_after(wait)
    }

    /// The tries that are left, where it tells.
    pub fn attempts_left(&self) -> Option<u8> {
        self.0.attempts_left
    }

    /// Too many calls; the next one may come after that time.
    pub fn rate_limited(wait: Duration) -> Self {
        Self::new(ProblemCode::RateLimited).with_retry_after(wait)
    }

    /// Something broke; the cause goes to the log alone.
    pub fn internal(source: impl Into<Source>) -> Self {
        let mut problem = Self::new(ProblemCode::Internal);
        problem.0.source = Some(source.into());
        problem
    }

    /// Something that is needed is down or overloaded; the cause goes to the log alone.
    pub fn unavailable(wait: Duration, source: impl Into<Source>) -> Self {
        let mut problem = Self::new(ProblemCode::Unavailable).with_retry_after(wait);
        problem.0.source = Some(source.into());
        problem
    }

    /// Offers a puzzle whose answer lets the next try through.
    pub fn with_puzzle(mut self, puzzle: AskedPuzzle) -> Self {
        self.0.puzzle = Some(PuzzleView { kind: puzzle.kind, text: puzzle.text });
        self
    }

    /// Sets a cookie with the answer, as a flow that ends clears its own.
    pub fn with_cookie(mut self, cookie: Cookie<'static>) -> Self {
        self.0.cookies.push(cookie);
        self
    }

    /// Says in words what exactly is wrong; constant text, never anything from the request.
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Returns its code.
    pub fn code(&self) -> ProblemCode {
        self.0.code
    }

    pub(super) fn parts(&self) -> &Parts {
        &self.0
    }

    fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Duration) -> Self {
        let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
        self.0.retry_after = Some(seconds.max(1));
        self
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::unavailable(Duration::from_secs(1), error),
            StoreError::Failed(_) => Self::internal(error),
        }
    }
}
