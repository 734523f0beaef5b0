use doorward_kernel::{Secret, Timestamp};
use doorward_otp::{Challenge, Channel, Policy, Purpose, Step};

/// A flow as its client sees it.
#[derive(Clone, Debug)]
pub struct FlowView {
    /// Names the flow; whoever has it can go on with it.
    pub token: Secret<String>,
    /// The endpoint to call next.
    pub next: Next,
    /// How the step is verified.
    pub channel: Channel,
    /// Where the code went, masked.
    pub destination: String,
    /// When the step ends.
    pub expires_at: Timestamp,
    /// From when on the code may be sent again; `None` when never.
    pub resend_at: Option<Timestamp>,
    /// Wrong tries left.
    pub attempts_left: u8,
}

/// The endpoint that goes on with a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// `POST /verify_email`.
    VerifyEmail,
    /// `POST /otp_verification`.
    OtpVerification,
    /// `POST /login`.
    Login,
    /// `POST /reset_password`.
    ResetPassword,
}

impl Next {
    /// The endpoint for a step of a flow.
    pub const fn of(purpose: Purpose, step: Step) -> Self {
        match (step, purpose) {
            (Step::EmailCode | Step::Totp, Purpose::ResetPassword) => Self::ResetPassword,
            (Step::EmailCode, _) => Self::VerifyEmail,
            (Step::PhoneCode | Step::Totp, _) => Self::OtpVerification,
            (Step::Password | Step::FirstLogin, _) => Self::Login,
        }
    }

    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::OtpVerification => "otp_verification",
            Self::Login => "login",
            Self::ResetPassword => "reset_password",
        }
    }
}

impl FlowView {
    pub(super) fn new(challenge: &Challenge, token: String, policy: &Policy) -> Self {
        Self {
            token: Secret::new(token),
            next: Next::of(challenge.purpose, challenge.step),
            channel: challenge.channel(),
            destination: challenge.destination(),
            expires_at: challenge.expires_at,
            resend_at: challenge.resend_at(policy).filter(|at| *at < challenge.expires_at),
            attempts_left: challenge.attempts_left(),
        }
    }
}
