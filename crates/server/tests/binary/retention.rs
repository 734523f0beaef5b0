//! What is kept no longer than the settings say.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Client, text},
    doorward::{Engine, World},
    keys::until,
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

/// What is shown of the clients of the account's sessions, the last used first.
async fn clients(client: &Client, access: &str) -> Vec<[Value; 2]> {
    let answer = client.get_as(access, "/sessions").await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let sessions = answer.body["sessions"].as_array().unwrap();
    sessions.iter().map(|session| [session["device"].clone(), session["place"].clone()]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_of_a_login_is_forgotten_in_time_and_its_session_goes_on() {
    let world =
        World::new(Engine::Postgres).await.with("retention.addresses", "2d").with("retention.sweep_interval", "1s");
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let old = text(&client.member(&world, EMAIL, PHONE).await, "access_token");
    world.execute("UPDATE sessions SET device = 'curl', created_at = created_at - interval '47 hours'");
    client.again(&world, PHONE, 2).await;
    let known = [json!("curl"), json!("127.0.0.0/24")];
    assert_eq!(clients(&client, &old).await, [[Value::Null, json!("127.0.0.0/24")], known]);

    world.execute("UPDATE sessions SET created_at = created_at - interval '1 hour' WHERE device = 'curl'");
    let is_forgotten = async || world.postgres().select("SELECT 1 FROM sessions WHERE network IS NULL").len() == 1;
    until("the client is forgotten", is_forgotten).await;

    assert_eq!(clients(&client, &old).await, [[Value::Null, json!("127.0.0.0/24")], [Value::Null, Value::Null]]);
    assert_eq!(client.get_as(&old, "/me").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_of_a_login_is_forgotten_on_sqlite_too() {
    let world =
        World::new(Engine::Sqlite).await.with("retention.addresses", "1s").with("retention.sweep_interval", "1s");
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let access = text(&client.member(&world, EMAIL, PHONE).await, "access_token");

    let is_forgotten = async || clients(&client, &access).await == [[Value::Null, Value::Null]];
    until("the client is forgotten", is_forgotten).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn audit_events_are_forgotten_in_time() {
    let world = World::new(Engine::Postgres).await.with("retention.audit", "2d").with("retention.sweep_interval", "1s");
    let doorward = world.serve().await;
    Client::of(&doorward).member(&world, EMAIL, PHONE).await;
    let count = |kind: &str| {
        let count = format!("SELECT count(*) FROM audit_events WHERE kind = '{kind}'");
        world.postgres().select(&count).concat().concat()
    };
    world.execute("UPDATE audit_events SET at = at - interval '47 hours' WHERE kind = 'user.phone_proved'");
    let (registered, proved) = (count("user.registered"), count("user.phone_proved"));
    assert_eq!((registered.as_str(), proved.as_str()), ("1", "1"));

    world.execute("UPDATE audit_events SET at = at - interval '49 hours' WHERE kind = 'user.registered'");
    until("the event is forgotten", async || count("user.registered") == "0").await;

    assert_eq!((count("user.phone_proved").as_str(), count("session.opened").as_str()), ("1", "1"));
}
