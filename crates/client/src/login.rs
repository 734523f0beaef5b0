use serde_json::{Value, json};

use crate::{
    Error, Flow, SendsCode, SendsToNumber, Session,
    http::{Answer, Call, Http, Retry},
};

/// A step of a login that asks for a factor by a code.
pub trait LoginFactor {}

/// The step of a login that asks for the code of a message to the number.
#[derive(Debug)]
pub struct LoginCode(pub(crate) ());

impl LoginFactor for LoginCode {}

impl SendsCode for LoginCode {}

impl SendsToNumber for LoginCode {}

/// The step of a login that asks for a code of the authenticator app.
#[derive(Debug)]
pub struct LoginAuthenticator(());

impl LoginFactor for LoginAuthenticator {}

/// The step of a login that asks for address and password.
#[derive(Debug)]
pub struct EnterPassword(pub(crate) ());

/// The step of a login whose second factor is lost: a code was mailed.
#[derive(Debug)]
pub struct MailedCode(());

impl SendsCode for MailedCode {}

/// The outcome of a step of a login.
#[derive(Debug)]
#[non_exhaustive]
pub enum Login {
    /// The session.
    SignedIn(Session),
    /// A code is on its way by SMS, WhatsApp or a call, as `info().channel` says.
    Code(Flow<LoginCode>),
    /// The code of the authenticator app is asked for.
    Authenticator(Flow<LoginAuthenticator>),
    /// The number is nobody's yet: address and password are asked for.
    Password(Flow<EnterPassword>),
    /// The account has no second factor that can be used: a mailed code opens a session that may only bind one.
    MailedCode(Flow<MailedCode>),
}

impl Login {
    pub(crate) fn of(http: Http, answer: Answer) -> Result<Self, Error> {
        if answer.status != 202 {
            return Session::opened(http, answer).map(Self::SignedIn);
        }
        match answer.next() {
            "login" => Flow::started(http, answer, EnterPassword(())).map(Self::Password),
            "verify_email" => Flow::started(http, answer, MailedCode(())).map(Self::MailedCode),
            _ if answer.asks_for_authenticator() => {
                Flow::started(http, answer, LoginAuthenticator(())).map(Self::Authenticator)
            }
            _ => Flow::started(http, answer, LoginCode(())).map(Self::Code),
        }
    }
}

impl<S> Flow<S> {
    async fn go_on(&self, path: &str, mut body: Value) -> Result<Answer, Error> {
        if let Some(members) = body.as_object_mut() {
            members.insert("flow_token".to_owned(), self.token.as_str().into());
        }
        self.http.send(&Call::post(path, body, Retry::Never), None).await
    }
}

impl<S: LoginFactor> Flow<S> {
    /// Verifies the code; instead of one of the authenticator app, a recovery code will do.
    pub async fn verify_code(&self, code: &str) -> Result<Login, Error> {
        let answer = self.go_on("/otp_verification", json!({ "otp": code })).await?;
        Login::of(self.http.clone(), answer)
    }

    /// Mails a code instead, after a right password, to somebody who has lost the second factor.
    pub async fn ask_by_mail(&self) -> Result<Flow<MailedCode>, Error> {
        let body = json!({ "flow_token": self.token, "channel": "email" });
        let answer = self.http.send(&Call::post("/resend_otp", body, Retry::Never), None).await?;
        Flow::started(self.http.clone(), answer, MailedCode(()))
    }
}

impl Flow<EnterPassword> {
    /// Verifies address and password of the account.
    pub async fn verify_password(&self, email: &str, password: &str) -> Result<Login, Error> {
        let answer = self.go_on("/login", json!({ "email": email, "password": password })).await?;
        Login::of(self.http.clone(), answer)
    }
}

impl Flow<MailedCode> {
    /// Opens a session that may only bind a number or an authenticator app.
    pub async fn verify_email(&self, code: &str) -> Result<Session, Error> {
        let answer = self.go_on("/verify_email", json!({ "otp": code })).await?;
        Session::opened(self.http.clone(), answer)
    }
}
