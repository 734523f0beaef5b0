//! Strangers who guess, who make us send, and who say they are somebody else.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Client, PASSWORD, http, text, texted},
    doorward::{Doorward, Engine, World},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

/// A world whose nodes believe this machine about where calls come from.
pub(crate) async fn behind_a_proxy(engine: Engine) -> World {
    World::new(engine).await.limited().with("http.trusted_proxies", r#"["127.0.0.1"]"#)
}

/// A call that comes from that place, as a proxy would tell.
pub(crate) async fn from(node: &Doorward, place: u32, path: &str, body: &Value) -> (StatusCode, Value, Option<String>) {
    let address = format!("10.{}.{}.7", place / 256, place % 256);
    said(node, &[("x-forwarded-for", &address)], path, body).await
}

pub(crate) async fn said(
    node: &Doorward,
    headers: &[(&str, &str)],
    path: &str,
    body: &Value,
) -> (StatusCode, Value, Option<String>) {
    let mut request = http().post(format!("{}{path}", node.url())).json(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let status = response.status();
    let wait = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null), wait)
}

pub(crate) fn registration(email: &str, phone: &str) -> Value {
    json!({
        "first_name": "Ada", "last_name": "Lovelace", "email": email, "phone_number": phone, "password": PASSWORD,
        "carrier": "token",
    })
}

/// Twenty wrong codes against the number, over five flows and as many places, on whichever node comes next.
pub(crate) async fn guess_twenty(nodes: &[&Doorward]) {
    for flow in 0..5_u32 {
        let node = |call: u32| nodes[call as usize % nodes.len()];
        let start = json!({ "phone_number": PHONE, "carrier": "token" });
        let (_, started, _) = from(node(flow), 100 + flow, "/login", &start).await;
        for call in 0..4 {
            let wrong = json!({ "flow_token": text(&started, "flow_token"), "otp": "000000" });
            let (status, answer, _) = from(node(flow + call), 100 + flow, "/otp_verification", &wrong).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{answer}");
        }
    }
}

async fn the_owner_gets_in_and_nobody_else(engine: Engine) {
    let world = behind_a_proxy(engine).await.with("limits.sms", "off");
    let mut first = world.serve().await;
    let tokens = Client::of(&first).member(&world, EMAIL, PHONE).await;
    guess_twenty(&[&first]).await;
    first.kill();
    let again = world.serve().await;

    let stranger = json!({ "phone_number": PHONE, "carrier": "token" });
    let (_, started, _) = from(&again, 1, "/login", &stranger).await;
    let code = texted(&world, PHONE, 7).await;
    let right = json!({ "flow_token": text(&started, "flow_token"), "otp": code });
    let (denied, answer, _) = from(&again, 1, "/otp_verification", &right).await;
    let known = json!({ "phone_number": PHONE, "carrier": "token", "device_token": text(&tokens, "device_token") });
    let (_, started, _) = from(&again, 2, "/login", &known).await;
    let code = texted(&world, PHONE, 8).await;
    let right = json!({ "flow_token": text(&started, "flow_token"), "otp": code });
    let (opened, _, _) = from(&again, 2, "/otp_verification", &right).await;

    assert_eq!((denied, &answer["code"]), (StatusCode::UNAUTHORIZED, &json!("otp_incorrect")));
    assert_eq!(opened, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_wrong_codes_shut_a_number_for_strangers_alone_and_a_restart_opens_it_to_nobody_on_postgres() {
    the_owner_gets_in_and_nobody_else(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_wrong_codes_shut_a_number_for_strangers_alone_and_a_restart_opens_it_to_nobody_on_sqlite() {
    the_owner_gets_in_and_nobody_else(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_share_every_bucket() {
    let world = behind_a_proxy(Engine::Postgres).await.with("limits.sms", "off");
    let (first, second) = (world.serve().await, world.serve().await);
    Client::of(&first).member(&world, EMAIL, PHONE).await;
    guess_twenty(&[&first, &second]).await;

    let (_, started, _) = from(&second, 1, "/login", &json!({ "phone_number": PHONE, "carrier": "token" })).await;
    let code = texted(&world, PHONE, 7).await;
    let right = json!({ "flow_token": text(&started, "flow_token"), "otp": code });
    let (denied, _, _) = from(&first, 2, "/otp_verification", &right).await;
    let mut starts = Vec::new();
    for call in 0..6 {
        let node = if call % 2 == 0 { &first } else { &second };
        starts.push(from(node, 3, "/login", &json!({ "phone_number": "+14155552699", "carrier": "token" })).await);
    }

    assert_eq!(denied, StatusCode::UNAUTHORIZED);
    let statuses: Vec<_> = starts.iter().map(|(status, _, _)| status.as_u16()).collect();
    assert_eq!(statuses, [202, 202, 202, 202, 202, 429]);
    let (_, answer, wait) = &starts[5];
    assert_eq!((&answer["code"], wait.as_deref()), (&json!("rate_limited"), Some("300")));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_logs_in_between_guesses_clears_none_of_them() {
    let world = behind_a_proxy(Engine::Sqlite).await.with("limits.sms", "off").with("limits.ip_credentials", "off");
    let world = world.with("limits.ip_sends", "off").with("limits.ip_failures", "20/1d");
    let node = world.serve().await;
    let client = Client::of(&node);
    client.member(&world, EMAIL, PHONE).await;
    client.member(&world, "mallory@example.com", "+14155552672").await;
    let own = json!({ "email": "mallory@example.com", "password": PASSWORD, "carrier": "token" });
    let guess = json!({ "email": EMAIL, "password": "not the password", "carrier": "token" });

    let mut statuses = Vec::new();
    for call in 0..24 {
        let body = if call % 10 == 9 { &own } else { &guess };
        statuses.push(from(&node, 1, "/login", body).await.0.as_u16());
    }

    let nine = [vec![401; 9], vec![202]].concat();
    assert_eq!(statuses, [nine.clone(), nine, vec![401; 2], vec![429; 2]].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stranger_says_of_its_address_changes_nothing() {
    let world = World::new(Engine::Sqlite).await.limited();
    let node = world.serve().await;
    let headers =
        ["x-forwarded-for", "x-real-ip", "forwarded", "true-client-ip", "cf-connecting-ip", "x_forwarded_for"];

    let mut statuses = Vec::new();
    for (n, name) in headers.into_iter().cycle().take(12).enumerate() {
        let address = format!("192.0.2.{n}");
        let value = if name == "forwarded" { format!("for={address}") } else { address };
        let body = json!({ "phone_number": "+14155552699", "carrier": "token" });
        statuses.push(said(&node, &[(name, &value)], "/login", &body).await.0.as_u16());
    }

    assert_eq!(statuses, [vec![202; 5], vec![429; 7]].concat());
}
