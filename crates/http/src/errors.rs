//! The errors of the use cases as problems: every variant is decided here, none by accident.

use std::time::Duration;

use doorward_app::{
    answers::PasswordAnswerError,
    flow::{ResendError, ResumeError, VerifyError},
    limits::AdmitError,
    password_login::PasswordLoginError,
    profile::ProfileError,
    recovery::ResetError,
    registration::RegistrationError,
    sessions::{AuthenticationError, EndError, RefreshError, StepUpRequired},
    step_up::StepUpError,
    totp::TotpError,
    undo::UndoError,
};
use doorward_kernel::{StoreError, Timestamp};
use doorward_session::SignError;
use doorward_user::HashError;

use crate::{Problem, ValueError, openapi::refusals};

// What the matches below map to, beside what every call may answer; tests compare the answers that they see.
refusals! {
    StoreError => [Unavailable];
    AdmitError => [RateLimited, Unavailable];
    VerifyError => [FlowClosed, OtpIncorrect, RateLimited, Unavailable];
    ResumeError => [FlowClosed, FlowAmbiguous, RateLimited, Unavailable];
    PasswordLoginError => [FlowClosed, CredentialsIncorrect, RateLimited, Unavailable];
    ResetError => [Invalid, FlowClosed, OtpIncorrect, RateLimited, Unavailable];
    UndoError => [FlowClosed, Conflict, RateLimited, Unavailable];
    RegistrationError => [RateLimited, Invalid, Unavailable];
    ProfileError => [Unauthenticated, PasswordIncorrect, Invalid, RateLimited, Unavailable];
    AuthenticationError => [Unauthenticated, Unavailable];
    EndError => [NotFound, Unavailable];
    StepUpRequired => [StepUpRequired];
    StepUpError => [Conflict, RateLimited, Unavailable];
    RefreshError => [RefreshInvalid, RateLimited, Unavailable];
    ResendError => [Invalid, FlowClosed, ResendTooEarly, ResendExhausted, RateLimited, Unavailable];
}

impl From<HashError> for Problem {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Overloaded { retry_after } => Self::unavailable(retry_after, error),
            HashError::Failed(_) => Self::internal(error),
        }
    }
}

impl From<SignError> for Problem {
    fn from(error: SignError) -> Self {
        Self::internal(error)
    }
}

impl From<AdmitError> for Problem {
    fn from(error: AdmitError) -> Self {
        match error {
            AdmitError::Limited { retry_after } => limited(retry_after),
            AdmitError::Store(error) => error.into(),
        }
    }
}

impl From<VerifyError> for Problem {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Closed => Self::flow_closed(),
            VerifyError::Incorrect { attempts_left } => Self::otp_incorrect(Some(attempts_left)),
            VerifyError::Limited { retry_after } => limited(retry_after),
            VerifyError::Store(error) => error.into(),
        }
    }
}

impl From<ResumeError> for Problem {
    fn from(error: ResumeError) -> Self {
        match error {
            ResumeError::Closed => Self::flow_closed(),
            ResumeError::Ambiguous => Self::flow_ambiguous(),
            ResumeError::Limited { retry_after } => limited(retry_after),
            ResumeError::Store(error) => error.into(),
        }
    }
}

impl From<PasswordLoginError> for Problem {
    fn from(error: PasswordLoginError) -> Self {
        match error {
            PasswordLoginError::Closed => Self::flow_closed(),
            PasswordLoginError::Incorrect { attempts_left } => Self::credentials_incorrect(attempts_left),
            PasswordLoginError::Limited { retry_after } => limited(retry_after),
            PasswordLoginError::Hash(error) => error.into(),
            PasswordLoginError::Store(error) => error.into(),
        }
    }
}

impl From<PasswordAnswerError> for Problem {
    fn from(error: PasswordAnswerError) -> Self {
        match error {
            PasswordAnswerError::AddressRequired => Self::invalid(vec![ValueError::required().of("email")]),
            PasswordAnswerError::Verify(error) => error.into(),
            PasswordAnswerError::Login(error) => error.into(),
        }
    }
}

impl From<ResetError> for Problem {
    fn from(error: ResetError) -> Self {
        match error {
            ResetError::Password(faults) => {
                Self::invalid(faults.into_iter().map(|fault| ValueError::from(fault).of("new_password")).collect())
            }
            ResetError::Closed => Self::flow_closed(),
            ResetError::Incorrect { attempts_left } => Self::otp_incorrect(Some(attempts_left)),
            ResetError::Limited { retry_after } => limited(retry_after),
            ResetError::Hash(error) => error.into(),
            ResetError::Store(error) => error.into(),
        }
    }
}

impl From<UndoError> for Problem {
    fn from(error: UndoError) -> Self {
        match error {
            UndoError::Closed => Self::flow_closed(),
            UndoError::Taken => Self::conflict("somebody else has verified the former address or number since"),
            UndoError::Limited { retry_after } => limited(retry_after),
            UndoError::Store(error) => error.into(),
        }
    }
}

impl From<RegistrationError> for Problem {
    fn from(error: RegistrationError) -> Self {
        match error {
            RegistrationError::Limited { retry_after } => limited(retry_after),
            RegistrationError::Password(fault) => Self::invalid(vec![ValueError::from(fault).of("password")]),
            RegistrationError::Hash(error) => error.into(),
            RegistrationError::Store(error) => error.into(),
        }
    }
}

impl From<ProfileError> for Problem {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::Unauthenticated => Self::token_rejected(),
            ProfileError::PasswordIncorrect => Self::password_incorrect(),
            ProfileError::NewPassword(fault) => Self::invalid(vec![ValueError::from(fault).of("new_password")]),
            ProfileError::Limited { retry_after } => limited(retry_after),
            ProfileError::Hash(error) => error.into(),
            ProfileError::Store(error) => error.into(),
        }
    }
}

impl From<AuthenticationError> for Problem {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Unauthenticated => Self::token_rejected(),
            AuthenticationError::Store(error) => error.into(),
        }
    }
}

impl From<EndError> for Problem {
    fn from(error: EndError) -> Self {
        match error {
            EndError::NotFound => Self::not_found(),
            EndError::Store(error) => error.into(),
        }
    }
}

impl From<StepUpRequired> for Problem {
    fn from(StepUpRequired: StepUpRequired) -> Self {
        Self::step_up_required()
    }
}

impl From<StepUpError> for Problem {
    fn from(error: StepUpError) -> Self {
        match error {
            StepUpError::NoFactor => Self::conflict("the account has no factor to verify; its password decides"),
            StepUpError::Limited { retry_after } => limited(retry_after),
            StepUpError::Store(error) => error.into(),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Invalid => Self::refresh_invalid(),
            RefreshError::Limited { retry_after } => limited(retry_after),
            RefreshError::Sign(error) => error.into(),
            RefreshError::Store(error) => error.into(),
        }
    }
}

fn limited(retry_after: u32) -> Problem {
    Problem::rate_limited(Duration::from_secs(retry_after.into()))
}

impl From<TotpError> for Problem {
    fn from(error: TotpError) -> Self {
        match error {
            TotpError::StepUpRequired(error) => error.into(),
            TotpError::AlreadyActive => Self::conflict("the account has an authenticator app already; remove it first"),
            TotpError::Occupied => Self::conflict("an authenticator app that replaces a factor waits to count"),
            TotpError::NotPending => Self::conflict("no authenticator app waits to be confirmed; begin anew"),
            TotpError::Unauthenticated => Self::token_rejected(),
            TotpError::NotActive => Self::conflict("the account has no authenticator app"),
            TotpError::PasswordIncorrect => Self::password_incorrect(),
            TotpError::Incorrect => Self::otp_incorrect(None),
            TotpError::Limited { retry_after } => limited(retry_after),
            TotpError::Seal(_) => Self::internal(error),
            TotpError::Hash(error) => error.into(),
            TotpError::Store(error) => error.into(),
        }
    }
}

/// A resend that was refused, at that instant, in a flow that ends then.
pub(crate) fn resend(error: ResendError, now: Timestamp) -> Problem {
    match error {
        ResendError::Closed => Problem::flow_closed(),
        ResendError::OtherChannel => {
            Problem::invalid(vec![ValueError::new("invalid", "must be a channel that serves this flow").of("channel")])
        }
        ResendError::TooEarly { at } => Problem::resend_too_early(at.since(now)),
        ResendError::Exhausted { ends_at } => Problem::resend_exhausted(ends_at.since(now)),
        ResendError::Limited { retry_after } => limited(retry_after),
        ResendError::Store(error) => error.into(),
    }
}
