//! The commands of the outbox: messages that were given up are listed, shown and retried.

use std::process::Output;

use doorward_testkit::twilio_stub::Answer;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Client, texted},
    doorward::{Engine, World},
    keys::until,
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
const UNKNOWN: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn told(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8(output.stderr.clone()).unwrap())
}

/// Waits until so many messages are dead and gives them.
async fn dead(world: &World, count: usize) -> Vec<Value> {
    let list = || world.ask(&["outbox", "list", "--dead"])["messages"].as_array().unwrap().clone();
    until("the messages are dead", async || list().len() == count).await;
    list()
}

/// Waits until all messages have left, notices among them.
async fn nothing_waits(world: &World) {
    let list = || world.ask(&["outbox", "list"]);
    until("the messages have left", async || list() == json!({ "messages": [], "more": false })).await;
}

async fn given_up_and_retried(engine: Engine) {
    let world = World::new(engine).await;
    let node = world.serve().await;
    let client = Client::of(&node);
    client.member(&world, EMAIL, PHONE).await;
    world.sms.answer_next([Answer::failure(400, 21211), Answer::failure(400, 21610)]);
    let first = client.login(PHONE, None).await;
    dead(&world, 1).await;
    let flow = client.login(PHONE, None).await;

    let listed = dead(&world, 2).await;

    let (latest, id) = (&listed[0], listed[0]["id"].as_str().unwrap());
    let shown = [&latest["channel"], &latest["template"], &latest["recipient"], &latest["state"], &latest["tries"]];
    assert_eq!(shown, [&json!("sms"), &json!("code.login"), &json!("+1***71"), &json!("dead"), &json!(1)]);
    assert!(latest["dead_since"].as_str() >= latest["created_at"].as_str(), "{latest}");
    assert!(latest["reason"].as_str().unwrap().contains("21610"), "{latest}");
    assert_eq!(latest["next_try_at"], Value::Null);
    assert_eq!(world.ask(&["outbox", "show", id]), *latest);

    assert_eq!(world.ask(&["outbox", "retry", id]), json!({ "id": id, "retried": true }));
    let code = texted(&world, PHONE, 2).await;

    assert_eq!(client.enter(&flow, &code).await.status, StatusCode::OK);
    assert_ne!(first, flow);
    let (status, why) = told(&world.operate(&["outbox", "retry", id]));
    assert_eq!(status, Some(1));
    assert!(why.contains("is not dead"), "{why}");
    assert_eq!(world.ask(&["outbox", "retry", "--dead"]), json!({ "retried": 1, "expired": 0 }));
    let code = texted(&world, PHONE, 3).await;
    nothing_waits(&world).await;
    assert!(world.dump().contains("outbox.retried"));
    let log = node.log();
    assert!(!log.contains(&code) && !log.contains(PHONE), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_given_up_is_shown_and_retried_on_postgres() {
    given_up_and_retried(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_given_up_is_shown_and_retried_on_sqlite() {
    given_up_and_retried(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_is_told_in_words_with_no_one_named_and_a_hint_at_its_end() {
    let world = World::new(Engine::Postgres).await.with("delivery.retry_first", "10m");
    let node = world.serve().await;
    let client = Client::of(&node);
    world.mail.refuse_next(1, "550 5.1.1 <ada@example.com> unknown");
    client.register(EMAIL, PHONE).await;
    let gone = dead(&world, 1).await[0]["id"].as_str().unwrap().to_owned();
    world.mail.refuse_next(1, "451 4.3.0 later");
    client.register("grace@example.com", "+14155552672").await;
    until("a try has failed", async || world.run(&["outbox", "list"]).contains("tries 1  smtp: the provider did not"))
        .await;

    let whole = world.run(&["outbox", "list"]);
    let short = world.operate(&["outbox", "list", "--limit", "1"]);
    let shown = world.run(&["outbox", "show", &gone]);

    let lines: Vec<_> = whole.lines().collect();
    assert_eq!(lines.len(), 2, "{whole}");
    assert!(lines[0].starts_with(&format!("{gone}  dead since ")), "{whole}");
    assert!(lines[0].contains("  email  code.register  a***@example.com  created "), "{whole}");
    assert!(lines[1].contains("  next try "), "{whole}");
    assert!(!whole.contains(EMAIL) && !shown.contains(EMAIL));
    assert_eq!(String::from_utf8(short.stdout.clone()).unwrap().lines().collect::<Vec<_>>(), lines[..1]);
    assert!(told(&short).1.contains("There are more"));
    assert!(shown.contains("\nrecipient  a***@example.com\n") && shown.contains("5.1.1"), "{shown}");
    world.execute("UPDATE outbox SET expires_at = now() WHERE next_try_at IS NULL");
    for (arguments, why) in [
        (&["outbox", "retry", &gone][..], "has expired and cannot be retried"),
        (&["outbox", "retry", UNKNOWN], "there is no message"),
        (&["outbox", "show", "nonsense"], "is no id"),
    ] {
        let (status, told) = told(&world.operate(arguments));
        assert_eq!(status, Some(1), "{told}");
        assert!(told.contains(why), "{told}");
    }
    assert_eq!(world.operate(&["outbox", "retry"]).status.code(), Some(2));
    assert_eq!(world.run(&["outbox", "retry", "--dead"]).lines().next(), Some("messages that are due again: 0"));
}

async fn an_account_in_trouble(engine: Engine) {
    let world = World::new(engine).await.with("delivery.retry_first", "1s");
    let node = world.serve().await;
    let client = Client::of(&node);
    world.mail.refuse_next_at("MAIL", 2, "550 5.7.1 not today");
    client.member(&world, EMAIL, PHONE).await;

    for (n, (status, code)) in [(401, 20003), (403, 20005), (403, 21408)].into_iter().enumerate() {
        world.sms.answer_next([Answer::failure(status, code)]);
        client.again(&world, PHONE, n + 2).await;
    }

    nothing_waits(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_with_our_own_account_kills_no_message_on_postgres() {
    an_account_in_trouble(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_with_our_own_account_kills_no_message_on_sqlite() {
    an_account_in_trouble(Engine::Sqlite).await;
}
