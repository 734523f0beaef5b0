//! One guess each at many numbers from many networks.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    client::{http, text},
    doorward::{Doorward, Engine, World},
};

async fn from(node: &Doorward, place: u32, path: &str, body: &Value) -> (StatusCode, Value) {
    answered(node, place, path, body, "").await
}

async fn answered(node: &Doorward, place: u32, path: &str, body: &Value, answer: &str) -> (StatusCode, Value) {
    let address = format!("10.{}.{}.7", place / 256, place % 256);
    let request = http().post(format!("{}{path}", node.url())).header("x-forwarded-for", address).json(body);
    let response = request.header("x-puzzle-answer", answer).send().await.unwrap();
    (response.status(), response.json().await.unwrap_or(Value::Null))
}

fn login(n: u32) -> Value {
    json!({ "phone_number": format!("+141555526{n:02}"), "carrier": "token" })
}

/// A wrong code from a place that nothing has come from yet.
async fn guess(node: &Doorward, n: u32) {
    let (status, started) = from(node, 1000 + n, "/login", &login(n)).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{started}");
    let wrong = json!({ "flow_token": text(&started, "flow_token"), "otp": "000000" });
    let (status, answer) = from(node, 1000 + n, "/otp_verification", &wrong).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "{answer}");
}

/// Returns whether a place that is new to the node is refused at its third login, where eight are the limit.
async fn is_elevated(node: &Doorward, place: u32) -> bool {
    for n in 0..2 {
        from(node, place, "/login", &login(n)).await;
    }
    from(node, place, "/login", &login(2)).await.0 == StatusCode::TOO_MANY_REQUESTS
}

/// Each node alone sees too few wrong codes to be alarmed.
#[tokio::test]
async fn two_nodes_see_together_what_neither_sees_alone() {
    let world = World::new(Engine::Postgres)
        .await
        .limited()
        .with("http.trusted_proxies", r#"["127.0.0.1"]"#)
        .with("limits.otp_breaker", r#"{"above_percent":60,"above_failed":8}"#)
        .with("limits.ip_sends", "8/1d")
        .with("limits.sms_prefix", "off");
    let (one, other) = (world.serve().await, world.serve().await);
    assert!(!is_elevated(&one, 1).await && !is_elevated(&other, 2).await);

    for n in 0..5 {
        guess(&one, n).await;
        guess(&other, 50 + n).await;
    }

    // Nodes add up every five seconds; a place is only asked once.
    let mut place = 3;
    while !(is_elevated(&one, place).await && is_elevated(&other, place + 1).await) {
        assert!(place < 200, "no node saw the attack");
        place += 2;
        sleep(Duration::from_millis(500)).await;
    }

    let (status, refused) = from(&one, place, "/login", &login(3)).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "{refused}");
    let answer = solve(refused["puzzle"]["text"].as_str().unwrap());
    let (status, started) = answered(&other, place, "/login", &login(3), &answer).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{started}");
    let (status, again) = answered(&one, place, "/login", &login(3), &answer).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "{again}");
}

/// As docs/security/limits.md tells clients to.
fn solve(puzzle: &str) -> String {
    let bits: u32 = puzzle.split('.').nth(1).unwrap().parse().unwrap();
    let is_right = |answer: &String| {
        let digest = digest(&SHA256, answer.as_bytes());
        u128::from_be_bytes(*digest.as_ref().first_chunk().unwrap()).leading_zeros() >= bits
    };
    (0_u64..100_000_000).map(|n| format!("{puzzle}.{n}")).find(is_right).unwrap()
}
