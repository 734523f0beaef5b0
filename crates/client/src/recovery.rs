use serde_json::json;

use crate::{
    Error, Flow, SendsCode,
    http::{Answer, Call, Retry},
};

/// The step of a forgotten password whose code was mailed.
#[derive(Debug)]
pub struct PasswordReset(pub(crate) ());

impl SendsCode for PasswordReset {}

/// The step of a forgotten password that asks for a code of the authenticator app.
#[derive(Debug)]
pub struct ResetAuthenticator(());

/// The outcome of a right code.
#[derive(Debug)]
#[non_exhaustive]
pub enum Reset {
    /// The password is the new one, and every session has ended.
    Done,
    /// The account has an authenticator app: its code is asked for, and the password again.
    Authenticator(Flow<ResetAuthenticator>),
}

impl Flow<PasswordReset> {
    /// Sets a new password, by the code of the mail.
    pub async fn reset(&self, code: &str, new_password: &str) -> Result<Reset, Error> {
        let answer = self.set_password(code, new_password).await?;
        if answer.status == 202 {
            return Flow::started(self.http.clone(), answer, ResetAuthenticator(())).map(Reset::Authenticator);
        }
        Ok(Reset::Done)
    }
}

impl Flow<ResetAuthenticator> {
    /// Sets a new password, by a code of the app or a recovery code; every session ends.
    pub async fn reset(&self, code: &str, new_password: &str) -> Result<(), Error> {
        self.set_password(code, new_password).await.map(drop)
    }
}

impl<S> Flow<S> {
    async fn set_password(&self, code: &str, new_password: &str) -> Result<Answer, Error> {
        let body = json!({ "otp": code, "new_password": new_password, "flow_token": self.token });
        self.http.send(&Call::post("/reset_password", body, Retry::Never), None).await
    }
}
