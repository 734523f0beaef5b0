//! Texts that mean something to a database, in every member of every call: taken as they are or refused, never a 500.

use reqwest::StatusCode;
use serde_json::{Map, Value, json};

use crate::{
    client::{Client, PASSWORD, http, text},
    doorward::{Doorward, Engine, World},
    routes::routes,
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
const TEXTS: [&str; 9] =
    ["' OR '1'='1", "'; DROP TABLE users;--", "' || pg_sleep(10) || '", "\" OR \"\"=\"", "%", "_", "\\", "\0", "$1"];

/// A value that a call takes for the member.
fn taken(member: &str) -> Value {
    match member {
        "first_name" => json!("Ada"),
        "last_name" => json!("Lovelace"),
        "email" => json!("eve@example.com"),
        "phone_number" => json!("+14155552672"),
        "password" | "current_password" => json!(PASSWORD),
        "new_password" => json!("brass-heron-4-paper-moon"),
        "otp" => json!("000000"),
        _ => Value::Null,
    }
}

async fn status(node: &Doorward, access: &str, path: &str, body: &Value) -> StatusCode {
    let request = http().post(format!("{}{path}", node.url())).bearer_auth(access).json(body);
    request.send().await.unwrap().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_member_of_any_call_is_taken_for_a_piece_of_a_query() {
    let world = World::new(Engine::Postgres).await.with("password.backoff_after", "100");
    let node = world.serve().await;
    let client = Client::of(&node);
    let access = text(&client.member(&world, EMAIL, PHONE).await, "access_token");

    let mut tried = 0;
    for route in routes(&node).await {
        for member in &route.members {
            for hostile in TEXTS {
                let whole: Map<_, _> = route.members.iter().map(|name| (name.clone(), taken(name))).collect();
                for mut body in [whole, Map::new()] {
                    body.insert(member.clone(), json!(hostile));
                    let status = status(&node, &access, &route.path, &Value::Object(body)).await;

                    assert!(!status.is_server_error(), "{} {member} {hostile:?} {status}", route.path);
                    tried += 1;
                }
            }
        }
    }

    assert!(tried > 500, "{tried}");
    let me = client.get_as(&access, "/me").await;
    assert_eq!((me.status, &me.body["user"]["email"]), (StatusCode::OK, &json!(EMAIL)), "{me:?}");
    assert_eq!(world.postgres().select("SELECT count(*) FROM users"), [["1"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_and_no_header_is_taken_for_a_piece_of_a_query() {
    let world = World::new(Engine::Postgres).await;
    let node = world.serve().await;
    let client = Client::of(&node);
    let access = text(&client.member(&world, EMAIL, PHONE).await, "access_token");

    for hostile in ["' OR '1'='1", "';DROP TABLE users;--", "%25", "_", "%5C", "%00", "%2e%2e%2f", "1 OR 1=1"] {
        let hostile = hostile.replace(' ', "%20");
        for path in
            [format!("/sessions/{hostile}"), format!("/sessions?sort={hostile}"), format!("/problems/{hostile}")]
        {
            let request = http().get(format!("{}{path}", node.url())).bearer_auth(&access);
            let answer = request.header("x-request-id", &hostile).header("user-agent", &hostile).send().await.unwrap();
            assert!(!answer.status().is_server_error(), "{path} {}", answer.status());
        }
        let ended = client.delete_as(&access, &format!("/sessions/{hostile}")).await;
        assert_eq!(ended.status, StatusCode::NOT_FOUND, "{hostile}");
    }

    assert_eq!(client.get_as(&access, "/me").await.status, StatusCode::OK);
}
