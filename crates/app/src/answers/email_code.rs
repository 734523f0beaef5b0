use doorward_otp::{Code, Purpose, Step};
use doorward_user::User;

use super::Answer;
use crate::{App, SignedIn, flow::VerifyError, registration::Registered};

/// The outcome of a right code from a mail.
#[derive(Clone, Debug)]
pub enum EmailCodeAnswered {
    /// The account exists.
    Registered(Box<Registered>),
    /// The account has its new address.
    Changed(Box<User>),
    /// A session that may only bind.
    MayBind(Box<SignedIn>),
}

impl App {
    /// Verifies an address by the code that was mailed to it.
    #[tracing::instrument(level = "debug", name = "answers.answer_email_code", skip_all)]
    pub async fn answer_email_code(&self, answer: Answer<Code>) -> Result<EmailCodeAnswered, VerifyError> {
        let Answer { flow, code, carrier, client, caller } = answer;
        let attempt = self.verification.find_open(flow, &[Step::EmailCode], &caller).await?;
        match attempt.challenge.purpose {
            Purpose::Register => {
                Ok(EmailCodeAnswered::Registered(Box::new(self.registration.verify(attempt, &code).await?)))
            }
            Purpose::ChangeEmail => {
                Ok(EmailCodeAnswered::Changed(Box::new(self.profile.verify_email(attempt, &code).await?)))
            }
            Purpose::Bind => {
                let session = self.binding.verify_email(attempt, &code, carrier, client).await?;
                Ok(EmailCodeAnswered::MayBind(Box::new(session)))
            }
            Purpose::Login | Purpose::ChangePhone | Purpose::ResetPassword | Purpose::StepUp => {
                Err(self.verification.not_for_this(&attempt).await)
            }
        }
    }
}
