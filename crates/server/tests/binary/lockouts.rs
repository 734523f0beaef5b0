//! A storm of wrong passwords and codes by strangers shuts out strangers, and never who has an account.

use std::fs;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Client, PASSWORD, text, texted},
    doorward::{Doorward, Engine, World},
    strangers::{behind_a_proxy, from},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
/// Six failures in a row lock out here, so a storm takes no month.
const STORM: u32 = 8;
const IMPORTED: &str = "grace@example.com";
/// The hash that another system made of the password.
const HASH: &str =
    "pbkdf2:sha256:1000$uM736s9IaTgCXv5b$dc52a36de4e052718679c199e23be723fba8051c4599bf21f506e2b854fa6405";

async fn log_in(node: &Doorward, place: u32, body: Value) -> (StatusCode, Value) {
    let (status, answer, _) = from(node, place, "/login", &body).await;
    (status, answer)
}

/// Each try comes from a place of its own; all are denied alike.
async fn storm(node: &Doorward, email: &str, phone: &str) {
    for place in 0..STORM {
        for (member, name) in [("email", email), ("phone_number", phone)] {
            let guess = json!({ member: name, "password": "not the password", "carrier": "token" });
            assert_eq!(log_in(node, place, guess).await.0, StatusCode::UNAUTHORIZED);
        }
    }
    for place in 0..STORM / 4 {
        let (_, flow) = log_in(node, place, json!({ "phone_number": phone, "carrier": "token" })).await;
        for _ in 0..4 {
            let guess = json!({ "flow_token": text(&flow, "flow_token"), "otp": "000000" });
            let (status, answer, _) = from(node, place, "/otp_verification", &guess).await;
            assert_eq!((status, &answer["code"]), (StatusCode::UNAUTHORIZED, &json!("otp_incorrect")));
        }
    }
}

async fn enter(node: &Doorward, place: u32, flow: &Value, code: &str) -> StatusCode {
    from(node, place, "/otp_verification", &json!({ "flow_token": text(flow, "flow_token"), "otp": code })).await.0
}

async fn the_owner_gets_in_whatever_strangers_try(engine: Engine) {
    let world = behind_a_proxy(engine).await.with("limits.sms", "off").with("otp.disable_after", "6");
    let world = world.with("password.backoff_after", "100");
    let node = world.serve().await;
    let by_password = |extra: Value| {
        let mut body = json!({ "email": EMAIL, "password": PASSWORD, "carrier": "token" });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    storm(&node, EMAIL, PHONE).await;

    // New: what was tried before the account was there is none of its failures.
    let tokens = Client::of(&node).member(&world, EMAIL, PHONE).await;
    let (status, answer) = log_in(&node, 50, by_password(json!({}))).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    texted(&world, PHONE, 2).await;

    // Locked: strangers are shut out, even with what is right.
    storm(&node, EMAIL, PHONE).await;
    // Codes of several flows may overtake one another.
    texted(&world, PHONE, 4).await;
    assert_eq!(log_in(&node, 51, by_password(json!({}))).await.0, StatusCode::UNAUTHORIZED);
    let (_, flow) = log_in(&node, 51, json!({ "phone_number": PHONE, "carrier": "token" })).await;
    assert_eq!(enter(&node, 51, &flow, &texted(&world, PHONE, 5).await).await, StatusCode::UNAUTHORIZED);

    // Known: the owner's device is not.
    let device = json!({ "device_token": text(&tokens, "device_token") });
    let (status, flow) = log_in(&node, 52, by_password(device.clone())).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{flow}");
    assert_eq!(enter(&node, 52, &flow, &texted(&world, PHONE, 6).await).await, StatusCode::OK);
    let mut start = json!({ "phone_number": PHONE, "carrier": "token" });
    start["device_token"] = device["device_token"].clone();
    let (_, flow) = log_in(&node, 52, start).await;
    assert_eq!(enter(&node, 52, &flow, &texted(&world, PHONE, 7).await).await, StatusCode::OK);
    let subject = |subject: &str| subject.contains("number no longer logs you in");
    world.mail.wait_for_mail(|mail| subject(&mail.subject)).await;

    // Imported: the same as new.
    storm(&node, IMPORTED, "+14155552672").await;
    import(&world);
    let own = json!({ "email": IMPORTED, "password": "correct horse battery staple", "carrier": "token" });
    assert_eq!(log_in(&node, 53, own).await.0, StatusCode::ACCEPTED);
}

fn import(world: &World) {
    let file = world.folder.path().join("people.jsonl");
    let person = json!({
        "email": IMPORTED, "first_name": "Grace", "last_name": "Hopper", "password_hash": HASH,
        "email_verified": true,
    });
    fs::write(&file, person.to_string()).unwrap();
    assert_eq!(world.ask(&["user", "import", file.to_str().unwrap()])["imported"], json!(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_storm_the_owner_gets_in_on_postgres() {
    the_owner_gets_in_whatever_strangers_try(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_storm_the_owner_gets_in_on_sqlite() {
    the_owner_gets_in_whatever_strangers_try(Engine::Sqlite).await;
}
