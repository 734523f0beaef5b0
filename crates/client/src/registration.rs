use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Error, Flow, LoginCode, SendsCode, User,
    http::{Call, Http, Retry},
};

/// Somebody who wants an account.
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations, reason = "it holds a password")]
pub struct Registration<'a> {
    /// The first name, or the only one.
    pub first_name: &'a str,
    /// The last name.
    pub last_name: Option<&'a str>,
    /// The address to verify.
    pub email: &'a str,
    /// The number to log in by.
    pub phone_number: &'a str,
    /// The password.
    pub password: &'a str,
    /// The language of texts, any BCP 47 tag.
    pub locale: Option<&'a str>,
}

impl Registration<'_> {
    pub(crate) fn body(&self) -> Value {
        json!({
            "first_name": self.first_name,
            "last_name": self.last_name,
            "email": self.email,
            "phone_number": self.phone_number,
            "password": self.password,
            "locale": self.locale,
            "carrier": "token",
        })
    }
}

/// The step of a registration: its code was mailed.
#[derive(Debug)]
pub struct VerifyEmail(pub(crate) ());

impl SendsCode for VerifyEmail {}

/// An account that has just come into being, to which nobody has logged in.
pub struct Registered {
    /// The account.
    pub user: User,
    http: Http,
    flow_token: String,
}

#[derive(Deserialize)]
struct Created {
    user: User,
    flow_token: String,
}

impl Flow<VerifyEmail> {
    /// Verifies the address by the code in the mail; the account exists from then on.
    pub async fn verify_email(&self, code: &str) -> Result<Registered, Error> {
        let body = json!({ "otp": code, "flow_token": self.token });
        let answer = self.http.send(&Call::post("/verify_email", body, Retry::Never), None).await?;
        let Created { user, flow_token } = answer.read()?;
        Ok(Registered { user, http: self.http.clone(), flow_token })
    }
}

impl Registered {
    /// Starts the first login: the code by SMS verifies the number of the registration.
    pub async fn login(&self, phone_number: &str) -> Result<Flow<LoginCode>, Error> {
        let body = json!({ "phone_number": phone_number, "flow_token": self.flow_token, "carrier": "token" });
        let answer = self.http.send(&Call::post("/login", body, Retry::Never), None).await?;
        Flow::started(self.http.clone(), answer, LoginCode(()))
    }
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registered").field("user", &self.user).finish_non_exhaustive()
    }
}
