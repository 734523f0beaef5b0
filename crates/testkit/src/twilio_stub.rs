//! A stand-in for Twilio's Messages API, or another provider's, on loopback.

mod http;

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::watch,
    task::{AbortHandle, JoinSet},
};

/// The time that a test waits for a message before it fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// A request that the stub got.
#[derive(Clone, Debug, Default)]
pub struct Sms {
    /// The path of the request.
    pub path: String,
    /// Form field `To`.
    pub to: String,
    /// Form field `From`, or else `MessagingServiceSid`.
    pub from: String,
    /// Form field `Body`.
    pub body: String,
    /// All form fields.
    pub fields: HashMap<String, String>,
    /// All headers, by their names in lower case.
    pub headers: HashMap<String, String>,
    /// The body as it came.
    pub content: String,
    /// `user:password` of the Basic authentication.
    pub auth: String,
    /// The status it was answered with.
    pub status: u16,
}

impl Sms {
    /// The first run of 6 to 8 digits: the code, in a message that has one.
    pub fn code(&self) -> Option<String> {
        self.body.split(|c: char| !c.is_ascii_digit()).find(|run| (6..=8).contains(&run.len())).map(str::to_owned)
    }
}

/// The stub's answer to one request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers beside `Content-Type` and `Content-Length`, as `Retry-After`.
    pub headers: Vec<(String, String)>,
    /// The JSON body.
    pub body: String,
    /// The time that the stub waits before it answers.
    pub delay: Duration,
}

impl Answer {
    /// A failure as Twilio describes it.
    pub fn failure(status: u16, code: u32) -> Self {
        let body = format!(r#"{{"code":{code},"message":"scripted","status":{status}}}"#);
        Self { status, headers: Vec::new(), body, delay: Duration::ZERO }
    }

    /// The answer to a message that was taken.
    pub fn taken() -> Self {
        let body = r#"{"sid":"SM00000000000000000000000000000000","status":"queued"}"#.to_owned();
        Self { status: 201, headers: Vec::new(), body, delay: Duration::ZERO }
    }

    /// The same answer with one header more.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same answer, later.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

/// A running stub; it ends when dropped.
#[derive(Debug)]
pub struct TwilioStub {
    address: SocketAddr,
    state: Arc<State>,
    server: AbortHandle,
}

#[derive(Debug, Default)]
struct State {
    requests: watch::Sender<Vec<Sms>>,
    script: Mutex<VecDeque<Answer>>,
    usual: Mutex<Option<Answer>>,
}

impl TwilioStub {
    /// Starts a stub on a free port of 127.0.0.1; it takes every message until told otherwise.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let state = Arc::new(State::default());
        let server = tokio::spawn(serve(listener, Arc::clone(&state))).abort_handle();
        Self { address, state, server }
    }

    /// The URL for `twilio.base_url`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request so far, answered well or not, in the order it came.
    pub fn requests(&self) -> Vec<Sms> {
        self.state.requests.borrow().clone()
    }

    /// Every message that was taken, in the order it came.
    pub fn messages(&self) -> Vec<Sms> {
        taken(&self.state.requests.borrow())
    }

    /// Every message to that number that was taken, in the order it came.
    pub fn messages_to(&self, to: &str) -> Vec<Sms> {
        taken_to(to, &self.state.requests.borrow())
    }

    /// Answers the next requests with these, one each, before it takes messages again.
    pub fn answer_next(&self, answers: impl IntoIterator<Item = Answer>) {
        self.state.script.lock().unwrap_or_else(PoisonError::into_inner).extend(answers);
    }

    /// Answers all requests with this one from now on, save those that are scripted.
    pub fn answer_always(&self, answer: Answer) {
        *self.state.usual.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
    }

    /// Waits until `count` messages were taken and gives all of them; panics after a minute.
    pub async fn wait_for(&self, count: usize) -> Vec<Sms> {
        taken(&self.wait_until(|requests| taken(requests).len() >= count).await)
    }

    /// Waits until `count` messages to that number were taken and gives them; panics after a minute.
    pub async fn wait_for_messages_to(&self, to: &str, count: usize) -> Vec<Sms> {
        taken_to(to, &self.wait_until(|requests| taken_to(to, requests).len() >= count).await)
    }

    /// Waits for the newest taken message that matches; panics after a minute.
    ///
    /// The stub is locked while `is_it` runs, so `is_it` must not ask the stub.
    pub async fn wait_for_message(&self, is_it: impl Fn(&Sms) -> bool) -> Sms {
        let requests = self.wait_until(|requests| taken(requests).iter().any(&is_it)).await;
        taken(&requests).into_iter().rfind(is_it).expect("a message matched a moment ago")
    }

    /// Waits until `count` requests came, answered well or not; panics after a minute.
    pub async fn wait_for_requests(&self, count: usize) -> Vec<Sms> {
        self.wait_until(|requests| requests.len() >= count).await
    }

    async fn wait_until(&self, is_enough: impl Fn(&[Sms]) -> bool) -> Vec<Sms> {
        let mut requests = self.state.requests.subscribe();
        let enough = tokio::time::timeout(PATIENCE, requests.wait_for(|requests| is_enough(requests))).await;
        enough.expect("the message comes within a minute").expect("the stub lives as long as its handle").clone()
    }
}

impl Drop for TwilioStub {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn taken(requests: &[Sms]) -> Vec<Sms> {
    requests.iter().filter(|request| (200..300).contains(&request.status)).cloned().collect()
}

fn taken_to(to: &str, requests: &[Sms]) -> Vec<Sms> {
    taken(requests).into_iter().filter(|sms| sms.to == to).collect()
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    let mut clients = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        clients.spawn(http::converse(stream, Arc::clone(&state)));
    }
}
