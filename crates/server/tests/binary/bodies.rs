//! Bodies of calls that take none, and methods that answer without one.

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::{
    client::{Client, http, text},
    doorward::{Doorward, Engine, World},
    raw_http,
};

const PATHS: [(Method, &str); 7] = [
    (Method::GET, "/me"),
    (Method::GET, "/sessions"),
    (Method::DELETE, "/sessions"),
    (Method::GET, "/.well-known/jwks.json"),
    (Method::GET, "/openapi.json"),
    (Method::GET, "/docs"),
    (Method::GET, "/problems/not_found"),
];

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_take_no_body_say_so_of_one() {
    let world = World::new(Engine::Sqlite).await;
    let node = world.serve().await;
    let session = Client::of(&node).member(&world, "ada@example.com", "+14155552671").await;
    let access = text(&session, "access_token");
    let call = |method: &Method, path: &str, kind: &str, body: &'static str| {
        let request = http().request(method.clone(), format!("{}{path}", node.url())).bearer_auth(&access);
        request.header("content-type", kind).body(body).send()
    };

    for (method, path) in PATHS {
        let unknown = call(&method, path, "application/json", r#"{"user":"1"}"#).await.unwrap();
        assert_eq!(unknown.status(), StatusCode::UNPROCESSABLE_ENTITY, "{method} {path}");
        let problem: Value = unknown.json().await.unwrap();
        assert_eq!((&problem["code"], &problem["errors"][0]["field"]), (&"unknown_field".into(), &"user".into()));
        let foreign = call(&method, path, "text/plain", "x").await.unwrap();
        assert_eq!(foreign.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{method} {path}");
        for (kind, body) in [("application/json", "{}"), ("text/plain", "")] {
            let answer = call(&method, path, kind, body).await.unwrap();
            assert!(answer.status().is_success(), "{method} {path} {kind}: {}", answer.status());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_answers_wherever_get_does() {
    let folder = tempfile::tempdir().unwrap();
    let node = Doorward::dev(folder.path()).await;
    let head = async |at: &str, path: &str| {
        let head = format!("HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        raw_http::exchange_at(at, head.as_bytes()).await
    };

    for path in ["/dev/inbox", "/.well-known/jwks.json", "/openapi.json", "/docs", "/problems/not_found"] {
        let answer = head(node.url(), path).await;
        assert_eq!(raw_http::status(&answer), 200, "{path}: {answer}");
        assert!(answer.ends_with("\r\n\r\n"), "{path}: {answer}");
    }
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(raw_http::status(&head(node.ops(), path).await), 200, "{path}");
    }
    assert_eq!(raw_http::status(&head(node.url(), "/me").await), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_ended_by_its_id_in_either_case() {
    let world = World::new(Engine::Sqlite).await;
    let node = world.serve().await;
    let session = Client::of(&node).member(&world, "ada@example.com", "+14155552671").await;
    let (access, id) = (text(&session, "access_token"), text(&session, "session_id").to_uppercase());

    let ended = http().delete(format!("{}/sessions/{id}", node.url())).bearer_auth(&access).send().await.unwrap();

    assert_eq!(ended.status(), StatusCode::NO_CONTENT);
}
