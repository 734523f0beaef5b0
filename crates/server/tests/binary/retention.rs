//! Retention: nothing is stored for longer than the settings say.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Client, text},
    doorward::{Engine, World},
    keys::until,
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

/// Returns the clients of the account's sessions, the last used first.
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
    let (registered, verified) = (count("user.registered"), count("user.phone_proved"));
    assert_eq!((registered.as_str(), verified.as_str()), ("1", "1"));

    world.execute("UPDATE audit_events SET at = at - interval '49 hours' WHERE kind = 'user.registered'");
    until("the event is forgotten", async || count("user.registered") == "0").await;

    assert_eq!((count("user.phone_proved").as_str(), count("session.opened").as_str()), ("1", "1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_flows_and_messages_that_came_to_nothing_are_forgotten_in_time() {
    let world = World::new(Engine::Postgres)
        .await
        .with("retention.unverified", "3d")
        .with("retention.flows", "2d")
        .with("retention.sweep_interval", "1s");
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    client.register(EMAIL, PHONE).await;
    client.login(PHONE, None).await;
    world.execute(
        "INSERT INTO outbox (id, channel, recipient, locale, template, created_at, expires_at, dead_since) VALUES \
         ('00000000-0000-4000-8000-000000000001', 'email', 'ada@example.com', 'en', 'password_changed', now(), now(), \
          now())",
    );
    let purposes = || world.postgres().select("SELECT purpose FROM challenges ORDER BY 1").concat();
    let settled = || world.postgres().select("SELECT 1 FROM outbox WHERE next_try_at IS NULL").len();
    let age = |time: &str| {
        world.execute(&format!("UPDATE challenges SET expires_at = now() - interval '{time}'"));
        world.execute(&format!("UPDATE outbox SET expires_at = now() - interval '{time}'"));
    };
    until("the codes are settled", async || settled() == 3).await;
    age("47 hours");
    assert_eq!((purposes(), settled()), (vec!["login".to_owned(), "register".to_owned()], 3));

    age("49 hours");
    until("flow and message are forgotten", async || (purposes(), settled()) == (vec!["register".to_owned()], 0)).await;

    age("73 hours");
    until("the registration is forgotten", async || purposes().is_empty()).await;
    assert_eq!(world.postgres().select("SELECT 1 FROM registration_drafts").len(), 0);
}
