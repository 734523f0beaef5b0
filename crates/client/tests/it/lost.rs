//! Answers that are lost on the way: what is asked for again, and what is not.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use doorward_client::{Client, Error, Tokens};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::people::ada;

/// A service that closes the first connections without an answer, as many as that, and answers all others alike.
struct Losing {
    url: String,
    asked: Arc<AtomicUsize>,
}

impl Losing {
    async fn start(losses: usize, body: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let (head, length, count) = ("content-type: application/json\r\nconnection: close", body.len(), asked.clone());
        let answer = format!("HTTP/1.1 200 OK\r\n{head}\r\ncontent-length: {length}\r\n\r\n{body}");
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                read_request(&mut connection).await;
                if count.fetch_add(1, Ordering::SeqCst) >= losses {
                    connection.write_all(answer.as_bytes()).await.unwrap();
                }
            }
        });
        Self { url, asked }
    }

    fn client(&self) -> Client {
        Client::new(&self.url).unwrap()
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Reads a request to the end of its body.
async fn read_request(connection: &mut TcpStream) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = connection.read(&mut buffer).await.unwrap();
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request);
        let is_whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| body.len() >= length(head));
        if read == 0 || is_whole {
            return;
        }
    }
}

fn length(head: &str) -> usize {
    head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0)
}

fn tokens(expires_at: u64) -> Tokens {
    let tokens = json!({
        "access_token": "at", "expires_at": expires_at, "refresh_token": "rt", "session_id": "s", "device_token": null,
    });
    serde_json::from_value(tokens).unwrap()
}

#[tokio::test]
async fn a_read_is_asked_for_again() {
    let losing = Losing::start(2, r#"{"sessions":[]}"#).await;
    let session = losing.client().session(tokens(u64::MAX));

    let sessions = session.list().await.unwrap();

    assert_eq!((sessions, losing.asked()), (vec![], 3));
}

#[tokio::test]
async fn a_refresh_is_asked_for_again() {
    let renewed = json!({ "access_token": "new", "expires_in": 300, "refresh_token": "rt2", "session_id": "s" });
    let losing = Losing::start(1, &renewed.to_string()).await;
    let session = losing.client().session(tokens(0));

    let token = session.access_token().await.unwrap();

    assert_eq!((token.as_str(), losing.asked()), ("new", 2));
}

#[tokio::test]
async fn what_would_send_a_code_twice_is_not() {
    let losing = Losing::start(1, "{}").await;

    let lost = losing.client().register(&ada()).await.unwrap_err();

    assert!(matches!(lost, Error::Transport(_)), "{lost}");
    assert_eq!(losing.asked(), 1);
}

#[tokio::test]
async fn nobody_asks_for_ever() {
    let losing = Losing::start(9, "{}").await;

    let lost = losing.client().session(tokens(u64::MAX)).me().await.unwrap_err();

    assert!(matches!(lost, Error::Transport(_)), "{lost}");
    assert_eq!(losing.asked(), 3);
}

#[tokio::test]
async fn an_answer_of_somebody_else_is_told_as_such() {
    let losing = Losing::start(0, "<html>").await;

    let strange = losing.client().session(tokens(u64::MAX)).me().await.unwrap_err();

    assert!(matches!(strange, Error::Answer(200)), "{strange}");
}

#[test]
fn addresses_are_https_or_of_this_machine() {
    for url in ["https://login.example.com", "http://127.0.0.1:8080", "http://localhost:8080/auth/"] {
        assert!(Client::new(url).is_ok(), "{url}");
    }
    for url in ["http://login.example.com", "login.example.com", "https://ada:secret@login.example.com"] {
        assert!(matches!(Client::new(url), Err(Error::Url)), "{url}");
    }
}
