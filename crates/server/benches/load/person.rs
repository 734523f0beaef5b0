//! A member, who calls from an address of their own.

use doorward_testkit::smtp_sink::Mail;
use reqwest::{Client, RequestBuilder, header::HeaderMap};
use serde_json::{Value, json};

use crate::{doorward::World, sms::Codes};

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
    /// So many members, each with a proved number and a session.
    pub(crate) async fn all(world: &World, url: &str, codes: &Codes, count: usize) -> Vec<Self> {
        let mut people = Vec::with_capacity(count);
        for n in 0..count {
            people.push(Self::member(world, url, codes, n).await);
        }
        people
    }

    /// Somebody in the same place whom nobody knows.
    pub(crate) fn stranger(&self, n: usize) -> Self {
        Self { email: format!("p{n}@example.com"), phone: format!("+14155552{n:03}"), ..self.clone() }
    }

    async fn member(world: &World, url: &str, codes: &Codes, n: usize) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", format!("10.{}.{}.7", n / 256, n % 256).parse().unwrap());
        let http = Client::builder().default_headers(headers).no_proxy().build().unwrap();
        let (email, phone) = (format!("p{n}@example.com"), format!("+14155552{n:03}"));
        let nothing = String::new;
        let mut person = Self { http, url: url.to_owned(), email, phone, access: nothing(), refresh: nothing() };
        let mut texted = codes.of(&person.phone);
        let asked = json!({ "first_name": "Ada", "last_name": "Lovelace", "email": person.email, "phone_number": person.phone, "password": PASSWORD });
        let flow = person.start("/register", &asked).await;
        let is_it = |mail: &Mail| mail.to == [person.email.clone()] && mail.code().is_some();
        let code = world.mail.wait_for_mail(is_it).await.code().unwrap();
        let flow = person.start("/verify_email", &json!({ "flow_token": flow, "otp": code })).await;
        let flow = person.start("/login", &json!({ "flow_token": flow, "phone_number": person.phone })).await;
        let tokens = person.enter(&flow, &texted.recv().await.unwrap()).await;
        (person.access, person.refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
        person
    }

    /// Calls what answers with a flow, and gives its token.
    pub(crate) async fn start(&self, path: &str, body: &Value) -> String {
        text(&self.post(path, body).await, "flow_token")
    }

    /// Finishes a login; gives the tokens.
    pub(crate) async fn enter(&self, flow: &str, code: &str) -> Value {
        self.post("/otp_verification", &json!({ "flow_token": flow, "otp": code })).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        answer(self.http.post(format!("{}{path}", self.url)).json(body)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        answer(self.http.get(format!("{}{path}", self.url)).bearer_auth(&self.access)).await
    }
}

async fn answer(request: RequestBuilder) -> Value {
    let answer = request.send().await.unwrap();
    let (status, body) = (answer.status(), answer.json().await.unwrap());
    assert!(status.is_success(), "{status} {body}");
    body
}

pub(crate) fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}
