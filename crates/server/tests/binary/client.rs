//! A client of the service that holds flows and sessions by token.

use std::net::IpAddr;

use reqwest::{Client as Http, ClientBuilder, Response, StatusCode, header::HeaderName};
use serde_json::{Value, json};

use crate::{
    declared::assert_declared,
    doorward::{Doorward, World, install_provider},
};

pub(crate) const PASSWORD: &str = "teal-otter-9-quarry-lamp";

/// A person who registers and logs in.
#[derive(Clone)]
pub(crate) struct Client {
    http: Http,
    url: String,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

/// A client of HTTP that trusts no certificate: to read all that the machine trusts takes a tenth of a second.
pub(crate) fn http() -> Http {
    builder().build().unwrap()
}

fn builder() -> ClientBuilder {
    install_provider();
    Http::builder().tls_certs_only([])
}

impl Client {
    pub(crate) fn of(doorward: &Doorward) -> Self {
        Self::at(doorward.url().to_owned())
    }

    /// A client of what answers there.
    pub(crate) fn at(url: String) -> Self {
        Self { http: http(), url }
    }

    /// The same, which calls from that address.
    pub(crate) fn from(address: IpAddr, url: String) -> Self {
        Self { http: builder().local_address(address).build().unwrap(), url }
    }

    /// Posts with a header of its own.
    pub(crate) async fn post_saying(&self, name: &str, value: &str, path: &str, body: &Value) -> Answer {
        let request = self.http.post(format!("{}{path}", self.url)).header(name, value).json(body);
        answer("POST", request.send().await.unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        answer("POST", self.http.post(format!("{}{path}", self.url)).json(body).send().await.unwrap()).await
    }

    /// Posts to a node that may be gone before it has answered.
    pub(crate) async fn try_post(&self, path: &str, body: &Value) -> Option<Answer> {
        let response = self.http.post(format!("{}{path}", self.url)).json(body).send().await.ok()?;
        let (status, body) = (response.status(), response.json().await.ok()?);
        Some(Answer { status, body })
    }

    /// Posts bytes as they are.
    pub(crate) async fn post_text(&self, path: &str, media_type: &str, body: Vec<u8>) -> Answer {
        let request = self.http.post(format!("{}{path}", self.url)).header("content-type", media_type).body(body);
        answer("POST", request.send().await.unwrap()).await
    }

    pub(crate) async fn post_as(&self, token: &str, path: &str, body: &Value) -> Answer {
        let request = self.http.post(format!("{}{path}", self.url)).bearer_auth(token).json(body);
        answer("POST", request.send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, url: &str) -> StatusCode {
        self.http.get(url).send().await.unwrap().status()
    }

    pub(crate) async fn get_as(&self, token: &str, path: &str) -> Answer {
        answer("GET", self.http.get(format!("{}{path}", self.url)).bearer_auth(token).send().await.unwrap()).await
    }

    /// Calls as a resource server, with a body of that type, and gives what the answer says word for word.
    pub(crate) async fn post_as_client(
        &self,
        (id, secret): (&str, &str),
        path: &str,
        (media_type, body): (&str, String),
    ) -> (StatusCode, String) {
        let request = self.http.post(format!("{}{path}", self.url)).basic_auth(id, Some(secret));
        let answer = request.header("content-type", media_type).body(body).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    /// The challenge of an answer to a call that shows no client.
    pub(crate) async fn challenge_at(&self, path: &str, authorization: Option<&str>) -> (StatusCode, String) {
        let mut request = self.http.post(format!("{}{path}", self.url)).json(&json!({ "token": "x" }));
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let answer = request.send().await.unwrap();
        let challenge = answer.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
        (answer.status(), challenge.unwrap_or_default())
    }

    /// The public keys.
    pub(crate) async fn keys(&self) -> Vec<Value> {
        let answer = self.http.get(format!("{}/.well-known/jwks.json", self.url)).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["keys"].as_array().unwrap().clone()
    }

    pub(crate) async fn delete_as(&self, token: &str, path: &str) -> Answer {
        answer("DELETE", self.http.delete(format!("{}{path}", self.url)).bearer_auth(token).send().await.unwrap()).await
    }

    /// Spends a refresh token.
    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        self.post("/token/refresh", &json!({ "refresh_token": token })).await
    }

    /// Logs in again by a number that is verified, with the n-th SMS to it; gives the tokens.
    pub(crate) async fn again(&self, world: &World, phone: &str, n: usize) -> Value {
        self.again_on(world, phone, n, None).await
    }

    /// The same with the token of a device.
    pub(crate) async fn again_on(&self, world: &World, phone: &str, n: usize, device: Option<&str>) -> Value {
        let started = self.post("/login", &json!({ "phone_number": phone, "device_token": device })).await;
        assert_eq!(started.status, StatusCode::ACCEPTED, "{started:?}");
        let flow = text(&started.body, "flow_token");
        let tokens = self.enter(&flow, &texted(world, phone, n).await).await;
        assert_eq!(tokens.status, StatusCode::OK, "{tokens:?}");
        tokens.body
    }

    /// Asks for an account; gives the flow.
    pub(crate) async fn register(&self, email: &str, phone: &str) -> String {
        let body = json!({
            "first_name": "Ada", "last_name": "Lovelace", "email": email, "phone_number": phone, "password": PASSWORD,
        });
        let answer = self.post("/register", &body).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
        text(&answer.body, "flow_token")
    }

    pub(crate) async fn verify_email(&self, flow: &str, otp: &str) -> Answer {
        self.post("/verify_email", &json!({ "flow_token": flow, "otp": otp })).await
    }

    /// Asks for a code by SMS; gives the flow.
    pub(crate) async fn login(&self, phone: &str, flow: Option<&str>) -> String {
        let answer = self.post("/login", &json!({ "phone_number": phone, "flow_token": flow })).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
        text(&answer.body, "flow_token")
    }

    pub(crate) async fn enter(&self, flow: &str, otp: &str) -> Answer {
        self.post("/otp_verification", &json!({ "flow_token": flow, "otp": otp })).await
    }

    /// An account whose owner has logged in; gives the tokens.
    pub(crate) async fn member(&self, world: &World, email: &str, phone: &str) -> Value {
        let flow = self.register(email, phone).await;
        let code = mailed(world, email).await;
        let registered = self.verify_email(&flow, &code).await;
        assert_eq!(registered.status, StatusCode::CREATED, "{registered:?}");
        let flow = self.login(phone, Some(&text(&registered.body, "flow_token"))).await;
        let tokens = self.enter(&flow, &texted(world, phone, 1).await).await;
        assert_eq!(tokens.status, StatusCode::OK, "{tokens:?}");
        tokens.body
    }
}

/// The code in the newest mail to the address.
pub(crate) async fn mailed(world: &World, email: &str) -> String {
    world.mail.wait_for_mail(|mail| mail.to.iter().any(|to| to == email) && mail.code().is_some()).await.code().unwrap()
}

/// The code in the n-th SMS to the number.
pub(crate) async fn texted(world: &World, phone: &str, n: usize) -> String {
    world.sms.wait_for_messages_to(phone, n).await[n - 1].code().unwrap()
}

/// The code with its last digit replaced by the next one.
pub(crate) fn wrong(code: &str) -> String {
    let (head, last) = code.split_at(code.len() - 1);
    format!("{head}{}", (last.parse::<u8>().unwrap() + 1) % 10)
}

pub(crate) fn text(body: &Value, member: &str) -> String {
    body[member].as_str().unwrap_or_else(|| panic!("no {member} in {body}")).to_owned()
}

async fn answer(method: &str, response: Response) -> Answer {
    let (status, path, headers) = (response.status(), response.url().path().to_owned(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    assert_declared((method, &path), (status.as_u16(), &body), headers.keys().map(HeaderName::as_str));
    Answer { status, body }
}
