//! Methods that a route does not have, on every route there is: 405 with `Allow` (RFC 9110, section 15.5.6), and no effect.

use std::{collections::BTreeSet, time::Duration};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Client, PASSWORD, text},
    doorward::{Engine, World},
    raw_http,
    routes::{Route, routes},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
const METHODS: [&str; 11] =
    ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "CONNECT", "FOO", "get"];
/// A body that would have an effect at that path.
fn body(path: &str) -> Value {
    match path {
        "/register" => json!({
            "first_name": "Ada", "last_name": "King", "email": "new@example.com", "phone_number": "+14155552672",
            "password": PASSWORD,
        }),
        "/login" => json!({ "phone_number": PHONE }),
        "/forgot_password" => json!({ "email": EMAIL }),
        "/update" => json!({ "password": PASSWORD, "new_password": "brass-heron-4-paper-moon" }),
        "/update_details" => json!({ "password": PASSWORD, "first_name": "Eve" }),
        _ => json!({}),
    }
}

/// A call in the session, with a method and with others that it says it means.
fn request(method: &str, path: &str, meant: &str, access: &str) -> String {
    let body = body(path);
    let length = body.to_string().len();
    format!(
        "{method} {path}?_method={meant} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Authorization: Bearer {access}\r\nX-HTTP-Method-Override: {meant}\r\nX-HTTP-Method: {meant}\r\n\
         X-Method-Override: {meant}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// Everything that calls leave behind.
fn traces(world: &World) -> Vec<Vec<String>> {
    // Workers take from the rates whenever they come to send something.
    let table = |name: &str| {
        let of_calls = if name == "buckets" { "WHERE kind NOT IN ('sms_rate', 'email_rate')" } else { "" };
        format!("SELECT '{name}', count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {name} t {of_calls}")
    };
    let tables = ["users", "sessions", "challenges", "registration_drafts", "audit_events", "buckets"];
    world.postgres().select(&tables.map(table).join(" UNION ALL "))
}

/// The same once limits are given back what a login took, which is written once a second.
async fn settled_traces(world: &World) -> Vec<Vec<String>> {
    let mut before = traces(world);
    loop {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let now = traces(world);
        if now == before {
            return now;
        }
        before = now;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_does_anything_by_a_method_that_is_not_its_own() {
    let world = World::new(Engine::Postgres).await.limited().with("limits.ip_credentials", "1000/1m");
    let node = world.serve().await;
    let client = Client::of(&node);
    let access = text(&client.member(&world, EMAIL, PHONE).await, "access_token");
    let before = settled_traces(&world).await;

    for Route { path, methods, .. } in routes(&node).await {
        for method in METHODS.into_iter().filter(|method| !methods.contains(*method)) {
            for meant in &methods {
                let answer = raw_http::exchange(&node, request(method, &path, meant, &access).as_bytes()).await;

                let allowed = raw_http::header(&answer, "allow").unwrap_or_default();
                let allowed: BTreeSet<_> = allowed.split(", ").map(str::to_owned).collect();
                assert_eq!((raw_http::status(&answer), &allowed), (405, &methods), "{method} {path}: {answer}");
                assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{method} {path}: {answer}");
            }
        }
    }

    assert_eq!(traces(&world), before);
    assert_eq!(client.get_as(&access, "/me").await.status, StatusCode::OK);
}
