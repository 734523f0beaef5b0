use doorward_kernel::ChallengeId;
use doorward_otp::{EnteredCode, Purpose, Step};
use doorward_user::NewPassword;

use crate::{
    App,
    limits::Caller,
    recovery::{ResetError, ResetStep},
};

impl App {
    /// Sets a new password by the mailed code, or by the code of the authenticator app that is asked for after it.
    #[tracing::instrument(level = "debug", name = "answers.answer_reset", skip_all)]
    pub async fn answer_reset(
        &self,
        flow: ChallengeId,
        code: EnteredCode,
        new_password: &NewPassword,
        caller: &Caller,
    ) -> Result<ResetStep, ResetError> {
        let attempt = self.verification.find_open(flow, &[Step::EmailCode, Step::Totp], caller).await?;
        match attempt.challenge.purpose {
            Purpose::ResetPassword => self.recovery.reset(attempt, code, new_password).await,
            Purpose::Register
            | Purpose::Login
            | Purpose::ChangeEmail
            | Purpose::ChangePhone
            | Purpose::StepUp
            | Purpose::Bind => Err(self.verification.not_for_this(&attempt).await.into()),
        }
    }
}
