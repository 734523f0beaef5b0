//! Requests that two readers could take apart in two ways (RFC 9112, section 11.2).

use crate::{
    doorward::{Doorward, Engine, World},
    raw_http,
};

/// The request that is hidden behind another one; answered only if the service takes it for one of its own.
const HIDDEN: &str = "GET /.well-known/jwks.json HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// The head of a request for a login, with those lines in place of its length, and a body.
fn login(lines: &str, body: &str) -> String {
    format!("POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{lines}\r\n\r\n{body}")
}

/// The status of the one answer to a request with another one behind it.
async fn only_status(node: &Doorward, request: &str) -> u16 {
    let answer = raw_http::exchange(node, format!("{request}{HIDDEN}").as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{request:?} got {answer:?}");
    raw_http::status(&answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_two_lengths_or_of_none_that_is_known_is_refused_and_the_connection_closed() {
    let world = World::new(Engine::Sqlite).await;
    let node = world.serve().await;

    for lines in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding:\u{b}chunked",
        "Transfer-Encoding : chunked",
        "Transfer_Encoding: chunked\r\nTransfer-Encoding: x",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 5",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length: ",
        "Content-Length: 18446744073709551616",
    ] {
        assert_eq!(only_status(&node, &login(lines, "0\r\n\r\n")).await, 400, "{lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_could_be_another_one_is_refused_and_the_connection_closed() {
    let world = World::new(Engine::Sqlite).await;
    let node = world.serve().await;

    for head in [
        "GET /me HTTP/1.1\r\n\r\n",
        "GET /me HTTP/1.1\r\nX-Host: localhost\r\n\r\n",
        "GET /me HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        "GET /me HTTP/1.1\r\nHost: localhost\r\nHost: evil.test\r\n\r\n",
        "GET /me HTTP/1.1\r\nHost: localhost\r\nX-Note: one\r\n two\r\n\r\n",
        "GET /me HTTP/1.1\r\n Host: localhost\r\n\r\n",
        "GET /me HTTP/1.1\r\nHost: localhost\r\nX-Note: one\rtwo\r\n\r\n",
        "GET /me HTTP/1.1\r\nHost: localhost\r\nX-Note: one\0two\r\n\r\n",
        "GET /me HTTP/1.1\r\nHost: localhost\r\nX Note: one\r\n\r\n",
        "GET /me HTTP/1.1\r\nHost: localhost\r\nX-Note\r\n\r\n",
        "GET /me HTTP/1.1\r\nHost: localhost\r\n: one\r\n\r\n",
        "GET /me HTTP/1.1 \r\nHost: localhost\r\n\r\n",
        "GET /me\r\nHost: localhost\r\n\r\n",
        "GET /me HTTP/3.0\r\nHost: localhost\r\n\r\n",
        "GET /m e HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ] {
        assert_eq!(only_status(&node, head).await, 400, "{head:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_of_no_clear_length_is_refused_and_the_connection_closed() {
    let world = World::new(Engine::Sqlite).await;
    let node = world.serve().await;

    for body in [
        "0x2\r\n{}\r\n0\r\n\r\n",
        "+2\r\n{}\r\n0\r\n\r\n",
        "-2\r\n{}\r\n0\r\n\r\n",
        "2 2\r\n{}\r\n0\r\n\r\n",
        "\r\n{}\r\n0\r\n\r\n",
        "2\n{}\r\n0\r\n\r\n",
        "2;\n{}\r\n0\r\n\r\n",
        "2\r\n{}0\r\n\r\n",
        "10000000000000002\r\n{}\r\n0\r\n\r\n",
    ] {
        assert_eq!(only_status(&node, &login("Transfer-Encoding: chunked", body)).await, 400, "{body:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_one_length_leaves_the_next_one_alone() {
    let world = World::new(Engine::Sqlite).await;
    let node = world.serve().await;
    let last = HIDDEN.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");

    for request in [login("Content-Length: 2", "{}"), login("Transfer-Encoding: chunked", "2\r\n{}\r\n0\r\n\r\n")] {
        let answer = raw_http::exchange(&node, format!("{request}{last}").as_bytes()).await;

        assert_eq!(raw_http::status(&answer), 422, "{answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 2, "{answer}");
        assert!(answer.contains("HTTP/1.1 200 "), "{answer}");
    }
}
