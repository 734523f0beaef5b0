//! Requests that are too much: of size, of depth, of time.

use std::{sync::Arc, time::Duration};

use reqwest::StatusCode;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Barrier,
    task::JoinSet,
    time::{interval, timeout},
};

use crate::{
    client::{Client, text},
    doorward::{Engine, World},
    raw_http,
};

/// Connections that get nowhere: so many with a head, and so many with a body.
const DRIPS: usize = 250;

fn post(lines: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{lines}\r\n{body}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_too_much_or_too_deep_is_refused_for_what_it_is() {
    let world = World::new(Engine::Sqlite).await;
    let node = world.serve().await;
    let (long, many) = ("x".repeat(20 * 1024), "X-Note: y\r\n".repeat(200));
    let deep = format!("{{\"email\":{}{}}}", "[".repeat(8_000), "]".repeat(8_000));
    let address = "x".repeat(5 * 1024);

    for (request, status) in [
        (post("", &" ".repeat(16_385)), 413),
        (post("", &format!("{{\"email\":\"{}\"}}", "[".repeat(1024 * 1024))), 413),
        (post(&many, "{}"), 431),
        (post(&format!("X-Note: {long}\r\n"), "{}"), 431),
        (post(&format!("Cookie: doorward_flow={long}\r\n"), "{}"), 431),
        (format!("GET /{address} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), 414),
        (post("", &deep), 400),
        (post("Content-Encoding: gzip\r\n", "{}"), 415),
        (post("Content-Encoding: identity, br\r\n", "{}"), 415),
    ] {
        let answer = raw_http::exchange(&node, request.as_bytes()).await;
        assert_eq!(raw_http::status(&answer), status, "{request:.300} got {answer}");
    }
    assert_eq!(Client::of(&node).get(&format!("{}/readyz", node.ops())).await, StatusCode::OK);
}

/// Sends a byte now and then for as long as anybody reads; returns what came back.
async fn drip(address: String, start: &str, opened: Arc<Barrier>) -> String {
    let (mut from, mut to) = TcpStream::connect(address).await.unwrap().into_split();
    to.write_all(start.as_bytes()).await.unwrap();
    opened.wait().await;
    let dripping = tokio::spawn(async move {
        let mut pace = interval(Duration::from_millis(200));
        while to.write_all(b"x").await.is_ok() {
            pace.tick().await;
        }
    });
    let mut answer = Vec::new();
    // Whoever closes while bytes come resets the connection; what came before that counts.
    let _ = timeout(raw_http::PATIENCE, from.read_to_end(&mut answer)).await.unwrap();
    dripping.abort();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_never_end_are_cut_off_and_keep_nobody_waiting() {
    let world = World::new(Engine::Sqlite).await.with("http.body_timeout", "2s");
    let node = world.serve().await;
    let client = Client::of(&node);
    let access = text(&client.member(&world, "ada@example.com", "+14155552671").await, "access_token");
    let head = "POST /login HTTP/1.1\r\nHost: localhost\r\nX-Note: ";
    let body =
        "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{";
    let opened = Arc::new(Barrier::new(2 * DRIPS + 1));
    let mut drips = JoinSet::new();
    for start in [head, body].into_iter().cycle().take(2 * DRIPS) {
        drips.spawn(drip(node.url().trim_start_matches("http://").to_owned(), start, opened.clone()));
    }
    opened.wait().await;

    let wrong = json!({ "email": "nobody@example.com", "password": "not the password" });
    let others = [
        client.get(&format!("{}/livez", node.ops())).await,
        client.get_as(&access, "/me").await.status,
        client.post("/login", &wrong).await.status,
    ];
    let answers = drips.join_all().await;

    assert_eq!(others, [StatusCode::OK, StatusCode::OK, StatusCode::UNAUTHORIZED]);
    // The reset that ends a connection on which bytes still come may overtake the answer.
    let (told, cut): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| !answer.is_empty());
    assert!(told.len() > cut.len(), "{} of {} were told", told.len(), answers.len());
    for answer in told {
        assert_eq!(raw_http::status(answer), 408, "{answer}");
    }
}
