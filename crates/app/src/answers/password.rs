use doorward_kernel::Client;
use doorward_otp::{Challenge, Step, Target};
use doorward_session::Carrier;
use doorward_user::Password;

use crate::{
    App,
    flow::{LoginStep, VerifyError},
    limits::{Attempt, Caller},
    password_login::{PasswordAttempt, PasswordLoginError},
};

/// A password, and what the call says of whose it is.
#[derive(Clone, Debug)]
pub struct PasswordAnswer {
    /// The address or number of the account, where the call names one.
    pub identifier: Option<Target>,
    /// The password.
    pub password: Password,
    /// The try at the step that asked for it; `None` when password and identifier came at once.
    pub attempt: Option<Attempt>,
    /// How the client will hold its session.
    pub carrier: Carrier,
    /// The client's data that the session stores.
    pub client: Client,
    /// The caller it counts for in limits.
    pub caller: Caller,
}

/// Why a password led nowhere.
#[derive(Debug, thiserror::Error)]
pub enum PasswordAnswerError {
    /// A flow by number takes the address of the account beside the password; the try was given back.
    #[error("the address is missing")]
    AddressRequired,
    /// The step of a login by number was not verified.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The password was refused.
    #[error(transparent)]
    Login(#[from] PasswordLoginError),
}

impl App {
    /// Checks a password. In a flow by number it is the end of the first login from elsewhere.
    #[tracing::instrument(level = "debug", name = "answers.answer_password", skip_all)]
    pub async fn answer_password(&self, answer: PasswordAnswer) -> Result<LoginStep, PasswordAnswerError> {
        let PasswordAnswer { identifier, password, attempt, carrier, client, caller } = answer;
        let (identifier, flow) = match (identifier, attempt) {
            (identifier, Some(flow)) if flow.challenge.target.phone().is_some() => {
                let Some(Target::Email(email)) = identifier else {
                    self.verification.not_for_this(&flow).await;
                    return Err(PasswordAnswerError::AddressRequired);
                };
                return Ok(self.phone_login.finish_with_password(flow, &email, &password, carrier, client).await?);
            }
            (Some(identifier), flow) => (identifier, flow),
            (None, Some(flow)) => (flow.challenge.target.clone(), Some(flow)),
            (None, None) => return Err(PasswordLoginError::Closed.into()),
        };
        let attempt = PasswordAttempt { identifier, password, flow, carrier, client, caller };
        Ok(self.password_login.log_in(&attempt).await?)
    }

    /// Whether the flow asks for a password that may be that of the identifier: one by number takes an address
    /// beside it, one by address its own.
    pub fn asks_password_of(flow: &Challenge, identifier: &Target) -> bool {
        let is_its_own = flow.target.phone().is_some() || flow.target.as_str() == identifier.as_str();
        flow.step == Step::Password && identifier.email().is_some() && is_its_own
    }
}
