use std::{collections::BTreeSet, net::SocketAddr};

use actix_web::{HttpServer, dev::ServerHandle};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::probe::{app, settings};

async fn exchange(request: &str) -> String {
    let server = HttpServer::new(|| app(settings())).workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let address = server.addrs()[0];
    let server = server.run();
    let handle: ServerHandle = server.handle();
    let running = tokio::spawn(server);

    let answer = ask(address, request).await;

    handle.stop(false).await;
    running.await.unwrap().unwrap();
    answer
}

/// Sends the bytes and reads until the server closes.
pub(crate) async fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn body(answer: &str) -> serde_json::Value {
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[tokio::test]
async fn a_body_that_stalls_is_408() {
    let answer = exchange(
        "POST /verify HTTP/1.1\r\nHost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{\"otp",
    )
    .await;

    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert_eq!(body(&answer)["code"], "request_timeout");
}

#[tokio::test]
async fn a_panic_is_answered_over_http() {
    let answer =
        exchange("POST /panic HTTP/1.1\r\nHost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await;

    assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
    assert_eq!(body(&answer)["code"], "internal");
}

#[tokio::test]
async fn head_is_answered_as_get_without_the_body() {
    let request = |method: &str| format!("{method} /page HTTP/1.1\r\nHost: localhost\r\nconnection: close\r\n\r\n");
    let stable = |answer: &str| {
        let head = answer.split_once("\r\n\r\n").unwrap().0;
        head.lines().filter(|line| !line.starts_with("date: ")).map(str::to_owned).collect::<BTreeSet<_>>()
    };

    let (get, head) = (exchange(&request("GET")).await, exchange(&request("HEAD")).await);

    assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("content-length: 3\r\n"), "{head}");
    assert_eq!(stable(&head), stable(&get));
    assert!(head.ends_with("\r\n\r\n"), "{head}");
}

#[tokio::test]
async fn head_of_what_cannot_be_got_is_405_without_a_body() {
    let answer = exchange("HEAD /verify HTTP/1.1\r\nHost: localhost\r\nconnection: close\r\n\r\n").await;

    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn no_answer_tells_what_software_it_comes_from() {
    let answer = exchange("GET /nowhere HTTP/1.1\r\nHost: localhost\r\nconnection: close\r\n\r\n").await;

    assert!(!answer.to_ascii_lowercase().contains("\r\nserver:"), "{answer}");
}

#[tokio::test]
async fn an_endless_body_is_cut() {
    let chunks = format!("1000\r\n{}\r\n", "x".repeat(0x1000)).repeat(5);
    let answer = exchange(&format!(
        "POST /verify HTTP/1.1\r\nHost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{chunks}"
    ))
    .await;

    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert_eq!(body(&answer)["code"], "payload_too_large");
}

#[tokio::test]
async fn an_endless_body_is_cut_where_nobody_reads_it_too() {
    let chunk = format!("10\r\n{}\r\n", "x".repeat(0x10));
    let answer =
        exchange(&format!("POST /nowhere HTTP/1.1\r\nHost: localhost\r\ntransfer-encoding: chunked\r\n\r\n{chunk}"))
            .await;

    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn a_chunked_body_is_read_like_any_other() {
    let answer = exchange(
        "POST /verify HTTP/1.1\r\nHost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n\
         7\r\n{\"otp\":\r\n9\r\n\"012345\"}\r\n0\r\n\r\n",
    )
    .await;

    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}
