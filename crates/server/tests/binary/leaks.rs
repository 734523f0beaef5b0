//! Leaks: a thief of the database or of the logs finds nothing to log in with.

use reqwest::StatusCode;
use serde_json::json;

use crate::{
    client::{Client, PASSWORD, mailed, text, texted, wrong},
    doorward::{Engine, World},
    recoveries::{reset_code, undo_key},
};

const NEW_PASSWORD: &str = "brass-heron-4-paper-moon";
const RESET_PASSWORD: &str = "copper-lynx-7-salt-door";

/// Walks all flows and gives every secret that was seen on the way.
async fn walk(world: &World, client: &Client) -> Vec<String> {
    let (email, phone, new_email, new_phone) = ("ada@example.com", "+14155552671", "ada@example.org", "+14155552672");
    let mut secrets = vec![PASSWORD.to_owned(), NEW_PASSWORD.to_owned()];
    let mut keep = |flow: &str, code: &str| secrets.extend([flow.to_owned(), code.to_owned()]);
    let flow = client.register(email, phone).await;
    let code = mailed(world, email).await;
    keep(&flow, &code);
    client.verify_email(&flow, &wrong(&code)).await;
    let registered = client.verify_email(&flow, &code).await;
    let flow = client.login(phone, Some(&text(&registered.body, "flow_token"))).await;
    let code = texted(world, phone, 1).await;
    keep(&flow, &code);
    let tokens = client.enter(&flow, &code).await.body;
    let access = text(&tokens, "access_token");

    let change = json!({ "password": PASSWORD, "email": new_email, "new_password": NEW_PASSWORD });
    let flow = text(&client.post_as(&access, "/update", &change).await.body, "flow_token");
    let code = mailed(world, new_email).await;
    keep(&flow, &code);
    assert_eq!(client.verify_email(&flow, &code).await.status, StatusCode::OK);
    let change = json!({ "password": NEW_PASSWORD, "phone_number": new_phone });
    let flow = text(&client.post_as(&access, "/update_details", &change).await.body, "flow_token");
    let code = texted(world, new_phone, 1).await;
    keep(&flow, &code);
    assert_eq!(client.enter(&flow, &code).await.status, StatusCode::OK);

    let key = undo_key(world, email).await;
    let refresh = text(&tokens, "refresh_token");
    let renewed = client.post("/token/refresh", &json!({ "refresh_token": refresh })).await.body;
    client.post("/token/refresh", &json!({ "refresh_token": format!("{refresh}x") })).await;
    client.post_as(&text(&renewed, "access_token"), "/logout", &json!({})).await;
    assert_eq!(client.post("/undo_change", &json!({ "token": key })).await.status, StatusCode::OK);
    let forgotten = client.post("/forgot_password", &json!({ "email": email })).await.body;
    let (flow, code) = (text(&forgotten, "flow_token"), reset_code(world, email, &[]).await);
    let reset = json!({ "flow_token": flow, "otp": code, "new_password": RESET_PASSWORD });
    assert_eq!(client.post("/reset_password", &reset).await.status, StatusCode::OK);
    secrets.extend([key, flow, code, RESET_PASSWORD.to_owned()]);
    for (body, member) in
        [(&tokens, "refresh_token"), (&tokens, "device_token"), (&renewed, "access_token"), (&renewed, "refresh_token")]
    {
        secrets.push(text(body, member));
    }
    secrets.push(access);
    secrets
}

/// The forms in which a secret could be at rest: as it is, without its prefix, as hex.
fn forms(secret: &str) -> [String; 3] {
    let bare = secret.split_once('_').map_or(secret, |(_, bare)| bare);
    let hex: Vec<String> = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    [secret.to_owned(), bare.to_owned(), hex.concat()]
}

async fn nothing_is_found(engine: Engine) {
    let world = World::new(engine).await.with("log.level", "trace");
    let mut doorward = world.serve().await;
    let secrets = walk(&world, &Client::of(&doorward)).await;
    doorward.terminate();

    let (dump, log) = (world.dump(), doorward.log());

    assert!(dump.contains("ada@example.org") && log.contains("serving"), "there is something to search in");
    for secret in secrets.iter().map(String::as_str).chain(["twilio-auth-token-of-the-test", "9f1c5f0c2f6e4b7a8d3e"]) {
        // A six-digit code turns up by chance in instants and ids; it must not stand alone.
        let stands_alone = |text: &str, form: &str| match form.len() {
            0..=8 => text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == form),
            _ => text.contains(form),
        };
        for form in forms(secret) {
            assert!(!stands_alone(&dump, &form), "{form} is in the database");
            assert!(!stands_alone(&log, &form), "{form} is in the log");
        }
    }
    for personal in ["ada@example.com", "+14155552671", "4155552671"] {
        assert!(!log.contains(personal), "{personal} is in the log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_postgres_nor_the_log_holds_a_secret() {
    nothing_is_found(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_sqlite_nor_the_log_holds_a_secret() {
    nothing_is_found(Engine::Sqlite).await;
}
