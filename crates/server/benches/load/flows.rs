//! What clients do over and over.

use serde_json::json;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::{
    person::{PASSWORD, Person, text},
    sms::Codes,
};

/// Something that one client does, one time after the other.
pub(crate) trait Flow: Send + 'static {
    fn once(&mut self) -> impl Future<Output = ()> + Send;
}

/// `GET /me`.
pub(crate) struct SessionCheck(Person);

/// `POST /token/refresh`, each time with the token of the last answer.
pub(crate) struct Refresh(Person);

/// A whole login by number: asked for, received through the provider, entered.
pub(crate) struct Login(Person, UnboundedReceiver<String>);

/// A right password, up to the flow of the second factor.
pub(crate) struct PasswordStep(Person);

impl SessionCheck {
    pub(crate) const fn new(person: Person) -> Self {
        Self(person)
    }
}

impl Refresh {
    pub(crate) const fn new(person: Person) -> Self {
        Self(person)
    }
}

impl Login {
    pub(crate) fn new(person: &Person, codes: &Codes) -> Self {
        Self(person.clone(), codes.of(&person.phone))
    }
}

impl PasswordStep {
    pub(crate) const fn new(person: Person) -> Self {
        Self(person)
    }
}

impl Flow for SessionCheck {
    async fn once(&mut self) {
        self.0.get("/me").await;
    }
}

impl Flow for Refresh {
    async fn once(&mut self) {
        let tokens = self.0.post("/token/refresh", &json!({ "refresh_token": self.0.refresh })).await;
        self.0.refresh = text(&tokens, "refresh_token");
    }
}

impl Flow for Login {
    async fn once(&mut self) {
        let flow = self.0.start("/login", &json!({ "phone_number": self.0.phone })).await;
        let code = self.1.recv().await.unwrap();
        self.0.enter(&flow, &code).await;
    }
}

impl Flow for PasswordStep {
    async fn once(&mut self) {
        self.0.start("/login", &json!({ "email": self.0.email, "password": PASSWORD })).await;
    }
}
