//! Answers that are lost on the way: what is asked for again, and what is not.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use doorward_client::{Client, Error, StepUp, Tokens};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::yield_now,
    time::Instant,
};

use crate::people::ada;

/// A service that closes those of the connections without an answer, and answers all others alike.
struct Losing {
    url: String,
    asked: Arc<AtomicUsize>,
}

impl Losing {
    async fn start(losses: Range<usize>, body: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let (head, length, count) = ("content-type: application/json\r\nconnection: close", body.len(), asked.clone());
        let answer = format!("HTTP/1.1 200 OK\r\n{head}\r\ncontent-length: {length}\r\n\r\n{body}");
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                read_request(&mut connection).await;
                if !losses.contains(&count.fetch_add(1, Ordering::SeqCst)) {
                    connection.write_all(answer.as_bytes()).await.unwrap();
                }
            }
        });
        Self { url, asked }
    }

    fn client(&self) -> Client {
        Client::new(&self.url).unwrap()
    }

    async fn is_asked(&self, times: usize) {
        while self.asked() < times {
            yield_now().await;
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Reads a request to the end of its body.
pub(crate) async fn read_request(connection: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = connection.read(&mut buffer).await.unwrap();
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let is_whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| body.len() >= length(head));
        if read == 0 || is_whole {
            return text;
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
    let losing = Losing::start(0..2, r#"{"sessions":[]}"#).await;
    let session = losing.client().session(tokens(u64::MAX));

    let sessions = session.list().await.unwrap();

    assert_eq!((sessions, losing.asked()), (vec![], 3));
}

#[tokio::test]
async fn a_refresh_is_asked_for_again() {
    let renewed = json!({ "access_token": "new", "expires_in": 300, "refresh_token": "rt2", "session_id": "s" });
    let losing = Losing::start(0..1, &renewed.to_string()).await;
    let session = losing.client().session(tokens(0));

    let token = session.access_token().await.unwrap();

    assert_eq!((token.as_str(), losing.asked()), ("new", 2));
}

#[tokio::test]
async fn a_refresh_goes_on_where_its_caller_goes_away() {
    let renewed = json!({ "access_token": "new", "expires_in": 300, "refresh_token": "rt2", "session_id": "s" });
    let losing = Losing::start(0..0, &renewed.to_string()).await;
    let session = losing.client().session(tokens(0));

    tokio::select! {
        biased;
        () = losing.is_asked(1) => {}
        token = session.access_token() => panic!("{token:?} came before it was asked for"),
    }
    let token = session.access_token().await.unwrap();

    assert_eq!((token.as_str(), losing.asked()), ("new", 1));
}

// A refresh in the middle of a step-up would spend the same refresh token.
#[tokio::test]
async fn who_asks_for_tokens_waits_for_a_step_up() {
    let flow_and_tokens = json!({
        "flow_token": "fl_x", "next": "otp_verification", "channel": "sms", "destination": "***71",
        "expires_at": "2026-01-01T00:10:00Z", "resend_at": null, "attempts_left": 5,
        "access_token": "new", "expires_in": 300, "refresh_token": "rt2", "session_id": "s",
    });
    let losing = Losing::start(0..0, &flow_and_tokens.to_string()).await;
    let session = losing.client().session(tokens(u64::MAX));
    let asked = session.step_up().await.unwrap();
    let StepUp::Code(flow) = asked else { panic!("{asked:?}") };

    let meanwhile = async {
        losing.is_asked(2).await;
        session.tokens().await
    };
    let (stepped_up, tokens) = tokio::join!(flow.verify_code("123456"), meanwhile);

    stepped_up.unwrap();
    assert_eq!((tokens.access_token.as_str(), losing.asked()), ("new", 2));
}

#[tokio::test]
async fn what_would_send_a_code_twice_is_not() {
    let losing = Losing::start(0..1, "{}").await;

    let lost = losing.client().register(&ada()).await.unwrap_err();

    assert!(matches!(lost, Error::Transport(_)), "{lost}");
    assert_eq!(losing.asked(), 1);
}

// A wrong code would count twice, and a right one may have opened a session that is not handed out again.
#[tokio::test]
async fn what_would_count_a_code_twice_is_not() {
    let flow = json!({
        "flow_token": "fl_x", "next": "otp_verification", "channel": "sms", "destination": "***71",
        "expires_at": "2026-01-01T00:10:00Z", "resend_at": null, "attempts_left": 5,
    });
    let losing = Losing::start(1..9, &flow.to_string()).await;
    let flow = losing.client().login_by_phone("+14155552671").await.unwrap();

    let lost = flow.verify_code("123456").await.unwrap_err();

    assert!(matches!(lost, Error::Transport(_)), "{lost}");
    assert_eq!(losing.asked(), 2);
}

// Time stands still but for what waits for it.
#[tokio::test(start_paused = true)]
async fn a_refresh_is_given_up_before_it_would_be_taken_for_stolen() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let client = Client::new(&format!("http://{}", silent.local_addr().unwrap())).unwrap();
    let started = Instant::now();

    let lost = client.session(tokens(0)).access_token().await.unwrap_err();

    assert!(matches!(lost, Error::Transport(_)), "{lost}");
    let (first, all) = (Duration::from_secs(5), started.elapsed());
    assert!(first < all && all < Duration::from_secs(10), "{all:?}");
}

#[tokio::test]
async fn an_access_token_that_has_not_ended_serves_while_nobody_is_reached() {
    let ends_soon = json!({ "access_token": "new", "expires_in": 20, "refresh_token": "rt2", "session_id": "s" });
    let losing = Losing::start(1..9, &ends_soon.to_string()).await;
    let session = losing.client().session(tokens(0));
    session.access_token().await.unwrap();

    let token = session.access_token().await.unwrap();

    assert_eq!((token.as_str(), losing.asked()), ("new", 4));
}

#[tokio::test]
async fn nobody_asks_for_ever() {
    let losing = Losing::start(0..9, "{}").await;

    let lost = losing.client().session(tokens(u64::MAX)).me().await.unwrap_err();

    assert!(matches!(lost, Error::Transport(_)), "{lost}");
    assert_eq!(losing.asked(), 3);
}

#[tokio::test]
async fn an_answer_of_somebody_else_is_told_as_such() {
    let losing = Losing::start(0..0, "<html>").await;

    let strange = losing.client().session(tokens(u64::MAX)).me().await.unwrap_err();

    assert!(matches!(strange, Error::Answer(200)), "{strange}");
}

#[test]
fn addresses_are_https_or_of_this_machine() {
    for url in ["https://login.example.com", "http://127.0.0.1:8080", "http://localhost:8080/auth/"] {
        assert!(Client::new(url).is_ok(), "{url}");
    }
    for (url, fault) in [
        ("http://login.example.com", "must be https, or http on loopback"),
        ("login.example.com", "is not a URL"),
        ("https://ada@login.example.com", "must hold no user name and no password"),
        ("https://:secret@login.example.com", "must hold no user name and no password"),
        ("https://login.example.com/?a=b", "must end with its path, without a query or a fragment"),
        ("https://login.example.com/#a", "must end with its path, without a query or a fragment"),
    ] {
        let refused = Client::new(url).unwrap_err();
        assert_eq!(refused.to_string(), format!("the address of the service {fault}"), "{url}");
    }
}
