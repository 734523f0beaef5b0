use std::future::Future;

use doorward_kernel::Timestamp;
use doorward_otp::{EnteredCode, Purpose, Step};
use doorward_user::User;

use super::Answer;
use crate::{
    App, SignedIn,
    binding::Bound,
    flow::{FlowView, LoginStep, VerifyError},
    limits::Attempt,
};

/// The outcome of a right code of an SMS or an authenticator app.
#[derive(Clone, Debug)]
pub enum CodeAnswered {
    /// A session.
    SignedIn {
        /// The session and its user.
        signed_in: Box<SignedIn>,
        /// Whether the login was to continue the registration of another account.
        is_of_another_account: bool,
    },
    /// Another step.
    More(FlowView),
    /// The account has its new number.
    Changed(Box<User>),
    /// The number takes effect then.
    Pending(Box<User>, Timestamp),
    /// The session is moved on.
    SteppedUp(Box<SignedIn>),
}

impl App {
    /// Verifies a number by the code that was sent to it, or an authenticator app by the code it shows.
    ///
    /// The session of the call is looked for only where the flow is a step-up; a call whose session cannot be told
    /// spends no try.
    #[tracing::instrument(level = "debug", name = "answers.answer_code", skip_all)]
    pub async fn answer_code<E: From<VerifyError>>(
        &self,
        answer: Answer<EnteredCode>,
        session: impl Future<Output = Result<Option<SignedIn>, E>>,
    ) -> Result<CodeAnswered, E> {
        let attempt = self.verification.find_open(answer.flow, &[Step::PhoneCode, Step::Totp], &answer.caller).await?;
        if attempt.challenge.purpose != Purpose::StepUp {
            return Ok(self.verify_code(attempt, answer).await?);
        }
        match session.await {
            Ok(session) => {
                let stepped_up = self.step_up.verify(attempt, answer.code, session).await?;
                Ok(CodeAnswered::SteppedUp(Box::new(stepped_up)))
            }
            Err(error) => {
                self.verification.not_for_this(&attempt).await;
                Err(error)
            }
        }
    }

    async fn verify_code(&self, attempt: Attempt, answer: Answer<EnteredCode>) -> Result<CodeAnswered, VerifyError> {
        let Answer { code, carrier, client, .. } = answer;
        match (attempt.challenge.purpose, attempt.challenge.step) {
            (Purpose::Login, step) => {
                let is_of_another_account = attempt.challenge.is_of_another_account();
                let step = if step == Step::Totp {
                    self.phone_login.verify_totp(attempt, &code, carrier, client).await?
                } else {
                    let code = self.verification.sent_code(&attempt, code).await?;
                    self.phone_login.verify(attempt, &code, carrier, client).await?
                };
                Ok(match step {
                    LoginStep::SignedIn(signed_in) => CodeAnswered::SignedIn { signed_in, is_of_another_account },
                    LoginStep::More(next) => CodeAnswered::More(next),
                })
            }
            (Purpose::ChangePhone, _) => {
                let code = self.verification.sent_code(&attempt, code).await?;
                Ok(CodeAnswered::Changed(Box::new(self.profile.verify_phone(attempt, &code).await?)))
            }
            (Purpose::Bind, _) => {
                let code = self.verification.sent_code(&attempt, code).await?;
                Ok(match self.binding.verify_number(attempt, &code).await? {
                    Bound::Now(user) => CodeAnswered::Changed(user),
                    Bound::Pending(user, due_at) => CodeAnswered::Pending(user, due_at),
                })
            }
            (Purpose::Register | Purpose::ChangeEmail | Purpose::ResetPassword | Purpose::StepUp, _) => {
                Err(self.verification.not_for_this(&attempt).await)
            }
        }
    }
}
