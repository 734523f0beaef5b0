//! An SMTP server on loopback that keeps what it is given.

mod conversation;

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use mail_parser::MessageParser;
use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
    task::{AbortHandle, JoinSet},
};

use self::conversation::Conversation;

/// The time that a test waits for a mail before it fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// A mail that the sink took.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The name that the client gave in EHLO.
    pub hello: String,
    /// The sender of the SMTP envelope.
    pub from: String,
    /// The recipients of the SMTP envelope.
    pub to: Vec<String>,
    /// The subject, decoded.
    pub subject: String,
    /// The text part, decoded.
    pub text: String,
    /// The HTML part, decoded.
    pub html: String,
    /// The mail as it came, without the stuffed dots.
    pub raw: String,
    /// `user:password`, when the client logged in.
    pub credentials: Option<String>,
}

impl Mail {
    /// The value of a header as it came, without the blanks around it.
    pub fn header(&self, name: &str) -> Option<String> {
        let mail = MessageParser::default().parse(self.raw.as_bytes())?;
        mail.header_raw(name).map(|value| value.trim().to_owned())
    }

    /// The first run of 6 to 8 digits in the text: the code, in a mail that has one.
    pub fn code(&self) -> Option<String> {
        self.text.split(|c: char| !c.is_ascii_digit()).find(|run| (6..=8).contains(&run.len())).map(str::to_owned)
    }
}

/// A running server; it ends when dropped.
#[derive(Debug)]
pub struct SmtpSink {
    address: SocketAddr,
    state: Arc<State>,
    server: AbortHandle,
}

#[derive(Debug, Default)]
struct State {
    mails: watch::Sender<Vec<Mail>>,
    refusals: Mutex<VecDeque<Refusal>>,
    refused_verbs: Mutex<VecDeque<(String, String)>>,
    stalled: Notify,
}

impl State {
    fn refusal_of(&self, verb: &str) -> Option<String> {
        let mut refused = self.refused_verbs.lock().unwrap_or_else(PoisonError::into_inner);
        let position = refused.iter().position(|(refused, _)| refused == verb)?;
        refused.remove(position).map(|(_, reply)| reply)
    }
}

/// A refusal of a recipient.
#[derive(Clone, Debug)]
enum Refusal {
    Reply(String),
    Silence,
}

impl SmtpSink {
    /// Starts a sink on a free port of 127.0.0.1.
    pub async fn start() -> Self {
        Self::start_at(0).await
    }

    /// Starts a sink on that port of 127.0.0.1, as a server that comes back.
    pub async fn start_at(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        let state = Arc::new(State::default());
        let server = tokio::spawn(serve(listener, Arc::clone(&state))).abort_handle();
        Self { address, state, server }
    }

    /// The URL for `smtp.url`.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Returns the address the sink listens on.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every mail so far, in the order it came.
    pub fn mails(&self) -> Vec<Mail> {
        self.state.mails.borrow().clone()
    }

    /// Refuses the recipient of the next `count` mails with that reply, as in `451 try later`.
    pub fn refuse_next(&self, count: usize, reply: &str) {
        self.refuse(std::iter::repeat_n(Refusal::Reply(reply.to_owned()), count));
    }

    /// Refuses that command of the next `count` conversations with that reply, as in `AUTH`, `MAIL` or `DATA`.
    pub fn refuse_next_at(&self, verb: &str, count: usize, reply: &str) {
        let refusals = std::iter::repeat_n((verb.to_owned(), reply.to_owned()), count);
        self.state.refused_verbs.lock().unwrap_or_else(PoisonError::into_inner).extend(refusals);
    }

    /// Says nothing to the recipient of the next `count` mails, until the client leaves.
    pub fn stall_next(&self, count: usize) {
        self.refuse(std::iter::repeat_n(Refusal::Silence, count));
    }

    /// Waits until a client is left without an answer; panics after a minute.
    pub async fn wait_for_stall(&self) {
        let stalled = tokio::time::timeout(PATIENCE, self.state.stalled.notified()).await;
        stalled.expect("a mail comes within a minute");
    }

    /// Waits until the sink holds `count` mails and gives all it holds; panics after a minute.
    pub async fn wait_for(&self, count: usize) -> Vec<Mail> {
        self.wait_until(|mails| mails.len() >= count).await
    }

    /// Waits for the newest mail that matches; panics after a minute.
    pub async fn wait_for_mail(&self, is_it: impl Fn(&Mail) -> bool) -> Mail {
        let mails = self.wait_until(|mails| mails.iter().any(&is_it)).await;
        mails.into_iter().rfind(is_it).expect("a mail matched a moment ago")
    }

    fn refuse(&self, refusals: impl Iterator<Item = Refusal>) {
        self.state.refusals.lock().unwrap_or_else(PoisonError::into_inner).extend(refusals);
    }

    async fn wait_until(&self, is_enough: impl Fn(&[Mail]) -> bool) -> Vec<Mail> {
        let mut mails = self.state.mails.subscribe();
        let enough = tokio::time::timeout(PATIENCE, mails.wait_for(|mails| is_enough(mails))).await;
        enough.expect("the mail comes within a minute").expect("the sink lives as long as its handle").clone()
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    let mut clients = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        clients.spawn(Conversation::new(stream, Arc::clone(&state)).run());
    }
}
