//! The whole service, as its binary puts it together, in memory, behind its HTTP server; and its answers as snapshots show them.

use std::{
    fmt,
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use async_trait::async_trait;
use doorward_app::delivery::Delivery;
use doorward_http::{Health, HttpServer, HttpSettings, Metrics, Running};
use doorward_testkit::{
    MemoryService,
    fakes::{RecordingNotifier, SeededRandom},
    service::policies,
};
use serde_json::{Value, json};
use url::Url;

use crate::{declared::assert_declared, raw_http::ask};

pub(crate) const PASSWORD: &str = "teal-otter-9-quarry-lamp";

/// Members that differ from run to run, or are secret, beside those that are called tokens.
const SECRET: [&str; 8] = ["id", "request_id", "session_id", "secret", "otpauth_url", "qr_png", "qr_svg", "codes"];

/// Headers that every answer has.
const EVERY: [&str; 6] = [
    "connection: close",
    "content-security-policy: default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy: same-origin",
    "referrer-policy: no-referrer",
    "strict-transport-security: max-age=63072000; includeSubDomains",
    "x-content-type-options: nosniff",
];

struct Nothing;

#[async_trait]
impl Health for Nothing {
    async fn is_ready(&self) -> bool {
        true
    }
}

impl Metrics for Nothing {
    fn render(&self) -> String {
        String::new()
    }
}

/// A service that answers on a port of this machine.
pub(crate) struct Served {
    address: SocketAddr,
    ops: SocketAddr,
    running: Running,
    delivery: Delivery,
    mail: Arc<RecordingNotifier>,
    sms: Arc<RecordingNotifier>,
}

impl Served {
    pub(crate) fn start() -> Self {
        let service = MemoryService::new(policies());
        let [public, ops] = [0, 0].map(|port| TcpListener::bind(("127.0.0.1", port)).unwrap());
        let [address, of_ops] = [&public, &ops].map(|listener| listener.local_addr().unwrap());
        let delivery = service.delivery.clone();
        let settings = HttpSettings::new(Url::parse("https://auth.example.com").unwrap());
        let (nothing, random) = (Arc::new(Nothing), Arc::new(SeededRandom::new(1)));
        let http = HttpServer::new(Arc::new(service.app), settings, nothing.clone(), nothing, random);
        let running = http.start(public, ops).unwrap();
        Self { address, ops: of_ops, running, delivery, mail: service.mail, sms: service.sms }
    }

    /// Posts as a client that holds nothing.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, "", &body.to_string()).await
    }

    /// Posts as the client that an access token is for.
    pub(crate) async fn post_as(&self, session: &Answer, path: &str, body: &Value) -> Answer {
        self.call("POST", path, &session.authorization(), &body.to_string()).await
    }

    /// Calls as the client that an access token is for.
    pub(crate) async fn call_as(&self, session: &Answer, method: &str, path: &str) -> Answer {
        self.call(method, path, &session.authorization(), "").await
    }

    /// Sends a request with those header lines and that body.
    pub(crate) async fn call(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let kind = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: auth.example.com\r\nconnection: close\r\n{kind}{headers}content-length: {length}\r\n\r\n{body}"
        );
        let answer = Answer::read(&ask(self.address, &request).await);
        let names = answer.headers.iter().map(|line| line.split(':').next().unwrap());
        assert_declared((method, path), (answer.code(), &answer.body), names);
        answer
    }

    /// The answer to an operator's call.
    pub(crate) async fn ask_ops(&self, method: &str, path: &str) -> String {
        let head = "Host: localhost\r\nconnection: close\r\ncontent-length: 0";
        ask(self.ops, &format!("{method} {path} HTTP/1.1\r\n{head}\r\n\r\n")).await
    }

    /// The code that was sent last to that address or number, once all that waits is sent.
    pub(crate) async fn code(&self, to: &str) -> String {
        while self.delivery.run_once().await.unwrap().claimed > 0 {}
        self.mail.last_code(to).or_else(|| self.sms.last_code(to)).unwrap()
    }

    /// Registers a person and logs them in; gives the answer that has the tokens of the session.
    pub(crate) async fn member(&self, email: &str, phone: &str) -> Answer {
        let flow = self.post("/register", &person(email, phone)).await;
        let verified = self.post("/verify_email", &flow.with_code(&self.code(email).await)).await;
        let login = json!({ "phone_number": phone, "flow_token": verified.body["flow_token"], "carrier": "token" });
        let flow = self.post("/login", &login).await;
        self.post("/otp_verification", &flow.with_code(&self.code(phone).await)).await
    }

    /// Stops the service.
    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }
}

/// The body of a registration.
pub(crate) fn person(email: &str, phone: &str) -> Value {
    json!({ "first_name": "Ada", "email": email, "phone_number": phone, "password": PASSWORD, "carrier": "token" })
}

/// An answer to its end.
pub(crate) struct Answer {
    pub(crate) status: String,
    headers: Vec<String>,
    pub(crate) body: Value,
}

impl Answer {
    fn read(answer: &str) -> Self {
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines().map(str::to_owned);
        let status = lines.next().unwrap();
        let mut headers: Vec<_> = lines.collect();
        for every in EVERY {
            assert!(headers.iter().any(|line| line == every), "no {every} in {head}");
        }
        headers.retain(|line| !EVERY.contains(&line.as_str()));
        headers.sort();
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() };
        Self { status, headers, body }
    }

    /// The body that goes on with this flow by that code.
    pub(crate) fn with_code(&self, code: &str) -> Value {
        json!({ "otp": code, "flow_token": self.body["flow_token"] })
    }

    fn code(&self) -> u16 {
        self.status.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// The value of the header of that name, in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn authorization(&self) -> String {
        format!("authorization: Bearer {}\r\n", self.body["access_token"].as_str().unwrap())
    }
}

impl fmt::Display for Answer {
    /// The status, the headers of this answer, and its body; ids and secrets by their names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.status)?;
        for header in &self.headers {
            match header.split_once(": ").unwrap() {
                ("date" | "x-request-id" | "content-length", _) => {}
                ("set-cookie", cookie) => {
                    let (name, rest) = cookie.split_once('=').unwrap();
                    let (_, attributes) = rest.split_once(';').unwrap();
                    writeln!(f, "set-cookie: {name}=[secret];{attributes}")?;
                }
                _ => writeln!(f, "{header}")?,
            }
        }
        if self.body.is_null() { Ok(()) } else { write!(f, "\n{:#}", redacted(self.body.clone())) }
    }
}

fn redacted(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| {
                let is_secret = name.ends_with("_token") || SECRET.contains(&name.as_str());
                let value = if is_secret { format!("[{name}]").into() } else { redacted(value) };
                (name, value)
            })
            .collect(),
        Value::Array(values) => values.into_iter().map(redacted).collect(),
        other => other,
    }
}
