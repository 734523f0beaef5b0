//! The commands of SMS: status, pause, resume, reopen.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Client, mailed},
    doorward::{Doorward, Engine, World},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

/// Why the command was refused.
fn refusal(world: &World, arguments: &[&str]) -> String {
    let output = world.operate(arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Asks for a code to nobody's number until the node knows whether SMS is paused.
async fn until(world: &World, node: &Doorward, is_paused: bool) {
    let refused = || world.dump().matches("sms_paused").count();
    loop {
        let before = refused();
        Client::of(node).login("+14155559971", None).await;
        if (refused() > before) == is_paused {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_pauses_sms_on_every_node() {
    let world = World::new(Engine::Postgres).await;
    let (first, second) = (world.serve().await, world.serve().await);
    Client::of(&first).member(&world, EMAIL, PHONE).await;
    let sent = world.sms.messages().len();

    assert!(world.run(&["sms", "status"]).starts_with("SMS is on"));
    assert!(world.run(&["sms", "pause"]).starts_with("SMS is paused, since"));
    assert!(world.run(&["sms", "pause"]).starts_with("SMS is paused already"));
    for node in [&first, &second] {
        until(&world, node, true).await;
        Client::of(node).login(PHONE, None).await;
    }
    let flow = Client::of(&second).register("grace@example.com", "+14155552672").await;
    let code = mailed(&world, "grace@example.com").await;
    let registered = Client::of(&second).verify_email(&flow, &code).await;
    assert_eq!(world.run(&["sms", "resume"]), "SMS is on\n");
    until(&world, &first, false).await;
    Client::of(&first).login(PHONE, None).await;
    world.sms.wait_for_messages_to(PHONE, 2).await;

    assert_eq!(registered.status, StatusCode::CREATED);
    assert_eq!(world.sms.messages().len(), sent + 1);
    assert!(world.dump().contains("sms.stopped"));
}

async fn closed_and_reopened(engine: Engine) {
    let world = World::new(engine).await;
    let node = world.serve().await;
    Client::of(&node).member(&world, EMAIL, PHONE).await;

    for (wire, told) in [
        ("1415555", json!({ "prefix": "1415555", "reopened": true })),
        ("us", json!({ "country": "US", "reopened": true })),
    ] {
        assert_eq!(world.ask(&["sms", "reopen", wire]), told);
    }
    assert_eq!(world.run(&["sms", "reopen", "+1415555"]), "prefix 1415555 is open already\n");
    for nonsense in ["141555", "14155552671", "Narnia"] {
        assert!(refusal(&world, &["sms", "reopen", nonsense]).contains("nor a country like US"));
    }
    assert!(world.dump().contains("sms.reopened"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_conversion_breaker_has_seen_is_forgotten_by_an_operators_word_on_postgres() {
    closed_and_reopened(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_conversion_breaker_has_seen_is_forgotten_by_an_operators_word_on_sqlite() {
    closed_and_reopened(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_switch_is_told_in_json_and_works_on_the_database_of_dev() {
    let world = World::new(Engine::Sqlite).await.with("database.url", "sqlite://./doorward-data/doorward.db");
    assert!(refusal(&world, &["sms", "pause"]).contains("there is no database at ./doorward-data/doorward.db"));
    assert!(!world.folder.path().join("doorward-data").exists());
    let _node = Doorward::dev(world.folder.path()).await;

    assert_eq!(world.ask(&["sms", "status"]), json!({ "paused_since": null }));
    let paused = world.ask(&["sms", "pause"]);
    assert_eq!(paused["changed"], true);
    assert!(paused["paused_since"].is_string(), "{paused}");
    assert_eq!(world.ask(&["sms", "pause"])["changed"], false);
    assert_eq!(world.ask(&["sms", "resume"]), json!({ "paused_since": Value::Null, "changed": true }));
}
