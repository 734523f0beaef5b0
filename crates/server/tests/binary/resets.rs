//! Clients that reset their connection right after a call, at any moment of its handling.

use std::{io::Write, net::TcpStream, time::Duration};

use reqwest::StatusCode;
use serde_json::json;
use socket2::SockRef;

use crate::{
    client::{Client, texted, wrong},
    doorward::{Doorward, Engine, World},
};

const PHONE: &str = "+14155552671";

/// Sends a code and resets the connection, `patience` after the last byte.
fn enter_and_reset(doorward: &Doorward, flow: &str, code: &str, patience: Duration) {
    let body = json!({ "flow_token": flow, "otp": code }).to_string();
    let mut stream = TcpStream::connect(doorward.url().trim_start_matches("http://")).unwrap();
    let head = "POST /otp_verification HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json";
    write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    // Waits for an answer that it may never read, as a client does before it gives up.
    stream.set_read_timeout(Some(patience.max(Duration::from_nanos(1)))).unwrap();
    let _ = stream.peek(&mut [0]);
    // Without lingering, closing sends a reset (RFC 9293, section 3.6).
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
}

/// The moments at which clients give up, around the time an answer takes.
fn moments() -> impl Iterator<Item = Duration> {
    (0..40).map(|step| Duration::from_micros(step * 250))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_never_hides_a_wrong_guess() {
    let world = World::new(Engine::Postgres).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    client.member(&world, "ada@example.com", PHONE).await;
    let flow = client.login(PHONE, None).await;
    let code = texted(&world, PHONE, 2).await;

    for patience in moments() {
        enter_and_reset(&doorward, &flow, &wrong(&code), patience);
    }
    // Not every one may have arrived; the rest is spent here.
    while client.enter(&flow, &wrong(&code)).await.status != StatusCode::GONE {}

    assert_eq!(client.enter(&flow, &code).await.status, StatusCode::GONE);
    assert_eq!(world.dump().matches("flow.failed").count(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_leaves_no_login_half_done() {
    let world = World::new(Engine::Postgres).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    client.member(&world, "ada@example.com", PHONE).await;

    for (round, patience) in moments().enumerate() {
        let flow = client.login(PHONE, None).await;
        let code = texted(&world, PHONE, round + 2).await;
        enter_and_reset(&doorward, &flow, &code, patience);

        // The first one opened a session, or never arrived and this one does.
        let status = client.enter(&flow, &code).await.status;
        assert!([StatusCode::OK, StatusCode::GONE].contains(&status), "{status}");
        assert_eq!(client.enter(&flow, &code).await.status, StatusCode::GONE);
    }

    assert_eq!(world.dump().matches("session.opened").count(), 41);
}
