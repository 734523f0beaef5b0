//! Puzzles that a service under attack asks for.

use aws_lc_rs::digest::{SHA256, digest};
use doorward_client::Client;
use serde_json::json;
use tokio::{io::AsyncWriteExt as _, net::TcpListener};

use crate::lost::read_request;

const PUZZLE: &str = "pz1.8.1767225600.0123456789abcdef.tag";

/// A service that asks whoever starts a flow for a puzzle of that kind, and takes none but right answers.
async fn under_attack(kind: &'static str) -> Client {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let request = read_request(&mut connection).await;
            let (status, body) = if is_solved(&request) {
                ("202 Accepted", flow())
            } else {
                let puzzle = json!({ "kind": kind, "text": PUZZLE });
                let problem = json!({ "status": 429, "code": "rate_limited", "title": "too many", "puzzle": puzzle });
                ("429 Too Many Requests", problem)
            };
            let (body, head) = (body.to_string(), "content-type: application/json\r\nconnection: close");
            let answer = format!("HTTP/1.1 {status}\r\n{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            connection.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    Client::new(&url).unwrap()
}

fn is_solved(request: &str) -> bool {
    let answer = request.lines().find_map(|line| line.strip_prefix("x-puzzle-answer: "));
    answer.is_some_and(|answer| {
        answer.starts_with(&format!("{PUZZLE}.")) && digest(&SHA256, answer.as_bytes()).as_ref()[0] == 0
    })
}

fn flow() -> serde_json::Value {
    json!({
        "flow_token": "fl_x", "next": "otp_verification", "channel": "sms", "destination": "***71",
        "expires_at": "2026-01-01T00:10:00Z", "resend_at": null, "attempts_left": 5,
    })
}

#[tokio::test]
async fn a_puzzle_of_proof_of_work_is_solved_and_the_flow_starts() {
    let client = under_attack("sha256").await;

    let flow = client.login_by_phone("+14155552671").await.unwrap();

    assert_eq!(flow.info().channel, "sms");
}

#[tokio::test]
async fn a_puzzle_for_people_is_handed_to_the_caller() {
    let client = under_attack("captcha").await;

    let refused = client.forgot_password("ada@example.com").await.unwrap_err();

    let puzzle = refused.problem().unwrap().puzzle.as_ref().unwrap();
    assert_eq!((puzzle.kind.as_str(), puzzle.text.as_str()), ("captcha", PUZZLE));
}
