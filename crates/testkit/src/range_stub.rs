//! A stand-in for the range API of Have I Been Pwned on loopback.

use std::{
    collections::VecDeque,
    future, io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
};

/// The last line of every answer: a digest that was seen nowhere.
const PADDING: &str = "00000000000000000000000000000000000:0\r\n";

/// A running stub; it ends when dropped.
#[derive(Debug)]
pub struct RangeStub {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    server: AbortHandle,
}

#[derive(Debug, Default)]
struct State {
    requests: Vec<String>,
    breached: Vec<String>,
    script: VecDeque<String>,
    is_silent: bool,
}

impl RangeStub {
    /// Starts a stub on a free port of 127.0.0.1 that knows no breached password yet.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let state = Arc::default();
        let server = tokio::spawn(serve(listener, Arc::clone(&state))).abort_handle();
        Self { address, state, server }
    }

    /// The URL for `password.breach_url`.
    pub fn url(&self) -> String {
        format!("http://{}/range/", self.address)
    }

    /// Knows a password from now on, by its SHA-1 in upper-case hexadecimal.
    pub fn breach(&self, digest: &str) {
        self.lock().breached.push(digest.to_owned());
    }

    /// Answers the next request with this text, head and all.
    pub fn answer_next(&self, answer: impl Into<String>) {
        self.lock().script.push_back(answer.into());
    }

    /// Takes requests and answers none of them, from now on.
    pub fn fall_silent(&self) {
        self.lock().is_silent = true;
    }

    /// The heads of all requests, in the order they came.
    pub fn requests(&self) -> Vec<String> {
        self.lock().requests.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RangeStub {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl State {
    /// The answer to a request; none while silent.
    fn answer(&mut self, head: String) -> Option<String> {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let told = path.rsplit('/').next().unwrap_or_default().to_owned();
        self.requests.push(head);
        if self.is_silent {
            return None;
        }
        Some(self.script.pop_front().unwrap_or_else(|| {
            let rest = self.breached.iter().filter_map(|digest| digest.strip_prefix(&told));
            let range = rest.flat_map(|rest| [rest, ":7\r\n"]).collect::<String>() + PADDING;
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{range}", range.len())
        }))
    }
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    let mut clients = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        clients.spawn(converse(stream, Arc::clone(&state)));
    }
}

/// Answers requests until the client leaves.
async fn converse(stream: TcpStream, state: Arc<Mutex<State>>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while stream.read_line(&mut head).await? > 2 {}
        if head.is_empty() {
            return Ok(());
        }
        let answer = state.lock().unwrap_or_else(PoisonError::into_inner).answer(head);
        match answer {
            Some(answer) => stream.write_all(answer.as_bytes()).await?,
            None => future::pending().await,
        }
    }
}
