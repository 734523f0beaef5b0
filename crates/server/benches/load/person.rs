//! Somebody who calls from an address of their own.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use reqwest::{Client, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use crate::{codes::Codes, flows::ResourceServer, measure::Refused};

pub(crate) const PASSWORD: &str = "teal-otter-9-quarry-lamp";

#[derive(Clone)]
pub(crate) struct Person {
    http: Client,
    url: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Person {
    /// So many members, each with a verified number and a session.
    pub(crate) async fn all(url: &str, codes: &Codes, count: usize) -> Vec<Self> {
        let mut people = Vec::with_capacity(count);
        for n in 0..count {
            let mut person = Self::new(url, n);
            let (_, tokens) = person.register(codes).await.unwrap();
            person.take(&tokens);
            people.push(person);
        }
        people
    }

    fn new(url: &str, n: usize) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", format!("10.{}.{}.7", n / 256, n % 256).parse().unwrap());
        let http = Client::builder().default_headers(headers).no_proxy().build().unwrap();
        let (email, phone) = (format!("p{n}@example.com"), format!("+14155552{n:03}"));
        Self { http, url: url.to_owned(), email, phone, access: String::new(), refresh: String::new() }
    }

    /// Somebody in the same place whom nobody knows.
    pub(crate) fn stranger(&self, n: usize) -> Self {
        Self { email: format!("p{n}@example.com"), phone: format!("+14155552{n:03}"), ..self.clone() }
    }

    /// Somebody in the same place whom nobody has seen before. One number after the other is of another prefix, as
    /// codes for one prefix are held back where too few come back.
    pub(crate) fn newcomer(&self) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let phone = format!("+1213{}{:04}", 200 + n % 800, n / 800);
        Self { email: format!("n{n}@example.com"), phone, ..self.clone() }
    }

    /// The same at the node of that address.
    pub(crate) fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    /// The same with a session of their own.
    pub(crate) async fn logged_in(mut self, codes: &Codes) -> Self {
        let mut texted = codes.inbox(&self.phone);
        let flow = self.start("/login", &json!({ "phone_number": self.phone })).await.unwrap();
        let tokens = self.enter(&flow, &texted.code().await).await.unwrap();
        self.take(&tokens);
        self
    }

    /// Registers, confirms the address and logs in for the first time; gives how long `/register` took, and the tokens.
    pub(crate) async fn register(&self, codes: &Codes) -> Result<(Duration, Value), Refused> {
        let (mut mailed, mut texted) = (codes.inbox(&self.email), codes.inbox(&self.phone));
        let asked = json!({
            "first_name": "Ada", "last_name": "Lovelace", "email": self.email, "phone_number": self.phone,
            "password": PASSWORD,
        });
        let begun = Instant::now();
        let flow = self.start("/register", &asked).await?;
        let first = begun.elapsed();
        let flow = self.start("/verify_email", &json!({ "flow_token": flow, "otp": mailed.code().await })).await?;
        let flow = self.start("/login", &json!({ "flow_token": flow, "phone_number": self.phone })).await?;
        Ok((first, self.enter(&flow, &texted.code().await).await?))
    }

    /// Goes on with those tokens.
    pub(crate) fn take(&mut self, tokens: &Value) {
        (self.access, self.refresh) = (text(tokens, "access_token"), text(tokens, "refresh_token"));
    }

    /// Calls what answers with a flow, and gives its token.
    pub(crate) async fn start(&self, path: &str, body: &Value) -> Result<String, Refused> {
        Ok(text(&self.post(path, body).await?, "flow_token"))
    }

    /// Finishes a login; gives the tokens.
    pub(crate) async fn enter(&self, flow: &str, code: &str) -> Result<Value, Refused> {
        self.post("/otp_verification", &json!({ "flow_token": flow, "otp": code })).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, Refused> {
        answer(self.http.post(format!("{}{path}", self.url)).json(body)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, Refused> {
        answer(self.http.get(format!("{}{path}", self.url)).bearer_auth(&self.access)).await
    }

    /// Introspects the access token as a resource server.
    pub(crate) async fn introspect(&self, server: &ResourceServer) -> Result<Value, Refused> {
        let request = self.http.post(format!("{}/token/introspect", self.url));
        answer(request.basic_auth(&server.id, Some(&server.secret)).json(&json!({ "token": self.access }))).await
    }
}

async fn answer(request: RequestBuilder) -> Result<Value, Refused> {
    let answer = request.send().await.unwrap();
    let (status, body) = (answer.status(), answer.json().await.unwrap());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        return Err(Refused);
    }
    assert!(status.is_success(), "{status} {body}");
    Ok(body)
}

pub(crate) fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}
