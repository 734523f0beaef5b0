use serde_json::json;

use crate::{
    Error, Flow, SendsCode,
    http::{Call, Retry},
};

/// The step of a forgotten password: a code of the mail or, after it, of the authenticator app.
#[derive(Debug)]
pub struct PasswordReset(pub(crate) ());

impl SendsCode for PasswordReset {}

/// The outcome of a right code.
#[derive(Debug)]
#[non_exhaustive]
pub enum Reset {
    /// The password is the new one, and every session has ended.
    Done,
    /// The account has an authenticator app: its code is asked for, and the password again.
    Totp(Flow<PasswordReset>),
}

impl Flow<PasswordReset> {
    /// Sets a new password.
    pub async fn reset(&self, code: &str, new_password: &str) -> Result<Reset, Error> {
        let body = json!({ "otp": code, "new_password": new_password, "flow_token": self.token });
        let answer = self.http.send(&Call::post("/reset_password", body, Retry::Never), None).await?;
        if answer.status == 202 {
            return Flow::started(self.http.clone(), answer, PasswordReset(())).map(Reset::Totp);
        }
        Ok(Reset::Done)
    }
}
