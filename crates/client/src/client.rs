use std::fmt;

use serde_json::{Value, json};

use crate::{
    EnterPassword, Error, Flow, Login, LoginCode, PasswordReset, Registration, Session, Tokens, VerifyEmail,
    http::{Call, Http, Retry},
};

/// Starts flows, and takes up sessions that were kept.
#[derive(Clone)]
pub struct Client {
    http: Http,
    device_token: Option<String>,
}

impl Client {
    /// A client of the service at that address: https, or http on loopback.
    ///
    /// Installs aws-lc-rs for rustls if the process has no provider.
    pub fn new(url: &str) -> Result<Self, Error> {
        Ok(Self { http: Http::new(url)?, device_token: None })
    }

    /// The same, known by the device token of an earlier login; strangers who guess cannot use up its tries.
    pub fn with_device(self, device_token: String) -> Self {
        Self { device_token: Some(device_token), ..self }
    }

    /// Mails a code to the address of somebody who wants an account.
    pub async fn register(&self, registration: &Registration<'_>) -> Result<Flow<VerifyEmail>, Error> {
        let answer = self.http.send(&Call::post("/register", registration.body(), Retry::Never), None).await?;
        Flow::started(self.http.clone(), answer, VerifyEmail(()))
    }

    /// Sends a code by SMS, if somebody has the number.
    pub async fn login_by_phone(&self, phone_number: &str) -> Result<Flow<LoginCode>, Error> {
        let body = self.login(json!({ "phone_number": phone_number }));
        let answer = self.http.send(&Call::post("/login", body, Retry::Never), None).await?;
        Flow::started(self.http.clone(), answer, LoginCode(()))
    }

    /// Asks for the password of an address; `verify_password` goes on.
    pub async fn login_by_email(&self, email: &str) -> Result<Flow<EnterPassword>, Error> {
        let answer =
            self.http.send(&Call::post("/login", self.login(json!({ "email": email })), Retry::Never), None).await?;
        Flow::started(self.http.clone(), answer, EnterPassword(()))
    }

    /// Logs in by address and password; the second factor is next.
    pub async fn login_by_password(&self, email: &str, password: &str) -> Result<Login, Error> {
        let body = self.login(json!({ "email": email, "password": password }));
        let answer = self.http.send(&Call::post("/login", body, Retry::Never), None).await?;
        Login::of(self.http.clone(), answer)
    }

    /// Mails a code that sets a new password, if the address has an account.
    pub async fn forgot_password(&self, email: &str) -> Result<Flow<PasswordReset>, Error> {
        let body = json!({ "email": email, "carrier": "token" });
        let answer = self.http.send(&Call::post("/forgot_password", body, Retry::Never), None).await?;
        Flow::started(self.http.clone(), answer, PasswordReset(()))
    }

    /// Undoes or cancels a change by the key of its notice, which is good for 72 hours and once; every session ends.
    pub async fn undo_change(&self, key: &str) -> Result<(), Error> {
        let call = Call::post("/undo_change", json!({ "token": key }), Retry::Never);
        self.http.send(&call, None).await.map(drop)
    }

    /// Takes up a session whose tokens were kept.
    pub fn session(&self, tokens: Tokens) -> Session {
        Session::of(self.http.clone(), tokens)
    }

    /// The body of a login, as this client is known.
    fn login(&self, mut body: Value) -> Value {
        if let Some(members) = body.as_object_mut() {
            members.insert("carrier".to_owned(), "token".into());
            members.insert("device_token".to_owned(), self.device_token.clone().into());
        }
        body
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("http", &self.http).finish_non_exhaustive()
    }
}
