use serde::Deserialize;
use serde_json::json;

use crate::{
    Error, Flow, SendsCode, SendsToNumber, Session, User,
    http::{Answer, Call, Retry},
    session::UserAnswer,
};

/// The step of a change of address: the code was mailed to the new one.
#[derive(Debug)]
pub struct NewEmail(());

impl SendsCode for NewEmail {}

/// The step of a change of number: the code was sent to the new one.
#[derive(Debug)]
pub struct NewPhone(());

impl SendsCode for NewPhone {}

impl SendsToNumber for NewPhone {}

/// New names; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Details<'a> {
    /// The new first name.
    pub first_name: Option<&'a str>,
    /// The new last name; an empty text removes it.
    pub last_name: Option<&'a str>,
}

/// The outcome of a change that a code must verify.
#[derive(Debug)]
#[non_exhaustive]
pub enum Updated<S> {
    /// It was the account's already.
    Done(User),
    /// A code is on its way.
    Verify(Flow<S>),
}

/// The outcome of a right code for a new number.
#[derive(Debug)]
#[non_exhaustive]
pub enum PhoneChange {
    /// The account with its new number.
    Changed(User),
    /// In a session that may only bind, the number takes the place of a verified one later, unless the owner objects.
    Pending {
        /// The account as it still is.
        user: User,
        /// When the new number takes effect (RFC 3339).
        takes_effect_at: String,
    },
}

#[derive(Deserialize)]
struct PhoneAnswer {
    user: User,
    takes_effect_at: Option<String>,
}

impl Session {
    /// Changes the password; other sessions end.
    pub async fn change_password(&self, password: &str, new_password: &str) -> Result<User, Error> {
        let body = json!({ "password": password, "new_password": new_password });
        self.post("/update", body).await?.read::<UserAnswer>().map(|answer| answer.user)
    }

    /// Changes the names.
    pub async fn change_names(&self, password: &str, names: Details<'_>) -> Result<User, Error> {
        let body = json!({ "password": password, "first_name": names.first_name, "last_name": names.last_name });
        self.post("/update_details", body).await?.read::<UserAnswer>().map(|answer| answer.user)
    }

    /// Mails a code to the new address; the old one keeps working until it is right.
    pub async fn change_email(&self, password: &str, email: &str) -> Result<Updated<NewEmail>, Error> {
        let answer = self.post("/update", json!({ "password": password, "email": email, "carrier": "token" })).await?;
        self.updated(answer, NewEmail(()))
    }

    /// Sends a code to the new number; the old one keeps working until it is right.
    pub async fn change_phone(&self, password: &str, phone_number: &str) -> Result<Updated<NewPhone>, Error> {
        let body = json!({ "password": password, "phone_number": phone_number, "carrier": "token" });
        let answer = self.post("/update_details", body).await?;
        self.updated(answer, NewPhone(()))
    }

    fn updated<S>(&self, answer: Answer, step: S) -> Result<Updated<S>, Error> {
        if answer.status == 202 {
            return Flow::started(self.http.clone(), answer, step).map(Updated::Verify);
        }
        answer.read::<UserAnswer>().map(|answer| Updated::Done(answer.user))
    }
}

impl Flow<NewEmail> {
    /// Verifies the new address; other sessions end.
    pub async fn verify_email(&self, code: &str) -> Result<User, Error> {
        let call = Call::post("/verify_email", json!({ "otp": code, "flow_token": self.token }), Retry::Never);
        self.http.send(&call, None).await?.read::<UserAnswer>().map(|answer| answer.user)
    }
}

impl Flow<NewPhone> {
    /// Verifies the new number; other sessions end once it is the account's.
    pub async fn verify_code(&self, code: &str) -> Result<PhoneChange, Error> {
        let call = Call::post("/otp_verification", json!({ "otp": code, "flow_token": self.token }), Retry::Never);
        let PhoneAnswer { user, takes_effect_at } = self.http.send(&call, None).await?.read()?;
        Ok(match takes_effect_at {
            Some(takes_effect_at) => PhoneChange::Pending { user, takes_effect_at },
            None => PhoneChange::Changed(user),
        })
    }
}
