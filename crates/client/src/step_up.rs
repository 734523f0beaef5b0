use serde_json::json;

use crate::{Error, Flow, SendsCode, SendsToNumber, Session};

/// The step of a fresh verification that asks for the code of a message to the number.
#[derive(Debug)]
pub struct StepUpCode(Session);

impl SendsCode for StepUpCode {}

impl SendsToNumber for StepUpCode {}

/// The step of a fresh verification that asks for a code of the authenticator app.
#[derive(Debug)]
pub struct StepUpAuthenticator(Session);

/// What a fresh verification asks for: the strongest factor of the account.
#[derive(Debug)]
#[non_exhaustive]
pub enum StepUp {
    /// A code is on its way.
    Code(Flow<StepUpCode>),
    /// The code of the authenticator app is asked for.
    Authenticator(Flow<StepUpAuthenticator>),
}

impl Session {
    /// Asks for a fresh verification of the strongest factor, after `step_up_required`.
    pub async fn step_up(&self) -> Result<StepUp, Error> {
        let answer = self.post("/step_up", json!({ "carrier": "token" })).await?;
        let (http, session) = (self.http.clone(), self.clone());
        if answer.asks_for_authenticator() {
            return Flow::started(http, answer, StepUpAuthenticator(session)).map(StepUp::Authenticator);
        }
        Flow::started(http, answer, StepUpCode(session)).map(StepUp::Code)
    }
}

impl Flow<StepUpCode> {
    /// Verifies the code of the message; the session is renewed, and may make its change for a while.
    pub async fn verify_code(&self, code: &str) -> Result<(), Error> {
        self.step.0.step_up_by(json!({ "otp": code, "flow_token": self.token })).await
    }
}

impl Flow<StepUpAuthenticator> {
    /// Verifies a code of the app, or a recovery code; the session is renewed, and may make its change for a while.
    pub async fn verify_code(&self, code: &str) -> Result<(), Error> {
        self.step.0.step_up_by(json!({ "otp": code, "flow_token": self.token })).await
    }
}
