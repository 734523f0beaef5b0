//! Keys that follow each other while the service runs.

use std::{collections::BTreeSet, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    client::{Client, PASSWORD, text, texted},
    doorward::{Engine, ROOT, World},
    issuer::{encode, header},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
/// The time that a test waits before it fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// A world whose nodes hear of new keys within a second.
async fn world(engine: Engine) -> World {
    World::new(engine).await.with("keys.reload_every", "1s")
}

/// Waits until it is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{what}: never"));
}

async fn status_at(client: &Client, token: &str) -> StatusCode {
    client.get_as(token, "/me").await.status
}

async fn kids(client: &Client) -> BTreeSet<String> {
    client.keys().await.iter().map(|key| text(key, "kid")).collect()
}

fn kid(token: &str) -> String {
    text(&header(token), "kid")
}

/// Returns what `doorward keys` shows of one epoch.
fn epoch(world: &World, number: usize) -> Value {
    world.ask(&["keys"])["epochs"][number - 1].clone()
}

/// Returns the error of a command.
fn refusal(world: &World, arguments: &[&str]) -> String {
    let output = world.operate(arguments);
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

async fn has_password(client: &Client, token: &str) -> bool {
    let change = json!({ "password": PASSWORD, "first_name": "Augusta" });
    client.post_as(token, "/update_details", &change).await.status == StatusCode::OK
}

async fn renewed(client: &Client, refresh: &str) -> Value {
    let answer = client.post("/token/refresh", &json!({ "refresh_token": refresh })).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.body
}

async fn old_keys_are_good_until_they_are_retired(engine: Engine) {
    let world = world(engine).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let tokens = client.member(&world, EMAIL, PHONE).await;
    let old = text(&tokens, "access_token");
    assert_eq!(epoch(&world, 1)["passwords"], 1);

    world.ask(&["keys", "rotate", "--now"]);
    until("a second key", async || client.keys().await.len() == 2).await;

    let tokens = renewed(&client, &text(&tokens, "refresh_token")).await;
    let new = text(&tokens, "access_token");
    assert_ne!(kid(&old), kid(&new));
    assert_eq!(kids(&client).await, BTreeSet::from([kid(&old), kid(&new)]));
    assert_eq!((status_at(&client, &old).await, status_at(&client, &new).await), (StatusCode::OK, StatusCode::OK));
    assert!(refusal(&world, &["keys", "retire", "2", "--yes"]).contains("in use"));
    assert!(refusal(&world, &["keys", "retire", "3", "--yes"]).contains("there is no epoch 3"));

    until("no password under the old key", async || epoch(&world, 1)["passwords"] == 0).await;
    until("told what would end", async || refusal(&world, &["keys", "retire", "1"]).contains("--yes")).await;
    assert_eq!(status_at(&client, &old).await, StatusCode::OK, "nothing was done");
    assert_eq!(world.ask(&["keys", "retire", "1", "--yes"])["retired"], true);
    until("one key", async || client.keys().await.len() == 1).await;

    assert_eq!(status_at(&client, &old).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status_at(&client, &new).await, StatusCode::OK);
    assert!(has_password(&client, &new).await);
    let (first, second) = (epoch(&world, 1), epoch(&world, 2));
    assert_eq!(
        (&first["state"], &second["state"], &second["passwords"]),
        (&json!("retired"), &json!("current"), &json!(1))
    );
    assert_eq!((text(&first, "kid"), text(&second, "kid")), (kid(&old), kid(&new)));
    assert!(refusal(&world, &["keys", "retire", "1", "--yes"]).contains("already"));
}

#[tokio::test(flavor = "multi_thread")]
async fn old_keys_are_good_until_they_are_retired_on_postgres() {
    old_keys_are_good_until_they_are_retired(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_keys_are_good_until_they_are_retired_on_sqlite() {
    old_keys_are_good_until_they_are_retired(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_keys_are_public_and_named_by_their_thumbprint() {
    let world = world(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    world.ask(&["keys", "rotate"]);
    until("the next key", async || client.keys().await.len() == 2).await;

    for key in client.keys().await {
        let members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
        let (x, y) = (text(&key, "x"), text(&key, "y"));
        let required = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        assert_eq!(text(&key, "kid"), encode(digest(&SHA256, required.as_bytes())));
    }
    assert_eq!(epoch(&world, 2)["state"], "next");
    assert!(refusal(&world, &["keys", "rotate"]).contains("published already"));
    let tokens = client.member(&world, EMAIL, PHONE).await;
    assert_eq!(kid(&text(&tokens, "access_token")), text(&epoch(&world, 1), "kid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_ends_every_session_and_loses_no_password() {
    let world = world(Engine::Postgres).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let tokens = client.member(&world, EMAIL, PHONE).await;
    let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));

    let told = world.operate(&["keys", "retire", "1", "--emergency"]);
    let told = String::from_utf8(told.stdout).unwrap();
    for what in [
        "at most 1 sessions",
        "flows that wait for a code",
        "device tokens, recovery codes and undo keys",
        "1 passwords",
    ] {
        assert!(told.contains(what), "{what}: {told}");
    }
    assert_eq!(status_at(&client, &access).await, StatusCode::OK);
    let done = world.ask(&["keys", "retire", "1", "--emergency", "--yes"]);
    assert_eq!((&done["retired"], &done["ends"]["sessions"]), (&json!(true), &json!(1)));
    until("the end", async || status_at(&client, &access).await == StatusCode::UNAUTHORIZED).await;

    let answer = client.post("/token/refresh", &json!({ "refresh_token": refresh })).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let flow = client.login(PHONE, None).await;
    let tokens = client.enter(&flow, &texted(&world, PHONE, 2).await).await.body;
    assert!(has_password(&client, &text(&tokens, "access_token")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_password_holds_up_no_emergency() {
    let world = world(Engine::Postgres).await;
    let node = world.serve().await;
    Client::of(&node).member(&world, EMAIL, PHONE).await;
    world.execute("UPDATE users SET verifier = left(verifier, -8) || 'AAAAAAAA'");

    let done = world.operate(&["keys", "retire", "1", "--emergency", "--yes"]);
    let told = String::from_utf8(done.stdout).unwrap();

    assert!(told.contains("1 passwords or seeds were damaged before"), "{told}");
    assert_eq!(epoch(&world, 1)["state"], "retired");
}

async fn refused_with_another_root_secret(engine: Engine) {
    let world = world(engine).await;
    drop(world.serve().await);
    let world = world.with("keys.root_secret", &ROOT.replace('9', "0"));

    for command in [&["serve"][..], &["keys"], &["keys", "rotate"]] {
        let told = refusal(&world, command);
        assert!(told.contains("keys.root_secret") && told.contains("key epoch 1 was made with"), "{told}");
    }

    let world = world.with("keys.root_secret", ROOT);
    assert!(world.operate(&["keys"]).status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_root_secret_is_refused_on_postgres() {
    refused_with_another_root_secret(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_root_secret_is_refused_on_sqlite() {
    refused_with_another_root_secret(Engine::Sqlite).await;
}

async fn moved_to_another_root_secret(engine: Engine) {
    let other = ROOT.replace('9', "0");
    let world = world(engine).await;
    let mut node = world.serve().await;
    let client = Client::of(&node);
    let access = text(&client.member(&world, EMAIL, PHONE).await, "access_token");
    node.kill();
    let world = world.with("keys.root_secret", &other).with("keys.former_root_secret", ROOT);
    let mut node = world.serve().await;
    let client = Client::of(&node);
    assert_eq!(status_at(&client, &access).await, StatusCode::OK, "nobody is logged out");

    world.ask(&["keys", "rotate", "--now"]);
    until("the password is moved", async || epoch(&world, 1)["passwords"] == 0).await;
    world.ask(&["keys", "retire", "1", "--emergency", "--yes"]);
    until("the end of all sessions", async || status_at(&client, &access).await == StatusCode::UNAUTHORIZED).await;
    node.kill();

    let world = world.with("keys.former_root_secret", "");
    let node = world.serve().await;
    let client = Client::of(&node);
    let flow = client.login(PHONE, None).await;
    let tokens = client.enter(&flow, &texted(&world, PHONE, 2).await).await.body;
    assert!(has_password(&client, &text(&tokens, "access_token")).await);
    let world = world.with("keys.root_secret", ROOT);
    assert!(refusal(&world, &["keys"]).contains("key epoch 2 was made with"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_moves_to_another_root_secret_and_loses_no_password_on_postgres() {
    moved_to_another_root_secret(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_moves_to_another_root_secret_and_loses_no_password_on_sqlite() {
    moved_to_another_root_secret(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_tidy_up_loses_a_password() {
    let world = world(Engine::Sqlite).await;
    let mut doorward = world.serve().await;
    Client::of(&doorward).member(&world, EMAIL, PHONE).await;
    doorward.kill();
    world.ask(&["keys", "rotate", "--now"]);

    assert!(refusal(&world, &["keys", "retire", "1", "--yes"]).contains("may still be using"));
    let sealed = async || refusal(&world, &["keys", "retire", "1", "--yes"]).contains("1 passwords");
    until("a refusal for the password's sake", sealed).await;

    let doorward = world.serve().await;
    until("the retirement", async || world.operate(&["keys", "retire", "1", "--yes"]).status.success()).await;
    let client = Client::of(&doorward);
    let flow = client.login(PHONE, None).await;
    let tokens = client.enter(&flow, &texted(&world, PHONE, 2).await).await.body;
    assert!(has_password(&client, &text(&tokens, "access_token")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_start_at_once_agree_on_every_key() {
    let world = world(Engine::Postgres).await.with("keys.rotate_every", "4s").with("keys.publish_ahead", "2s");

    let (one, two) = tokio::join!(world.serve(), world.serve());

    let (first, second) = (Client::of(&one), Client::of(&two));
    let tokens = first.member(&world, EMAIL, PHONE).await;
    until("three keys", async || kids(&first).await.len() >= 3).await;
    until("the same keys", async || kids(&first).await == kids(&second).await).await;
    let (old, mut newer) = (text(&tokens, "access_token"), tokens);
    until("a token under another key", async || {
        newer = renewed(&second, &text(&newer, "refresh_token")).await;
        kid(&text(&newer, "access_token")) != kid(&old)
    })
    .await;
    let new = text(&newer, "access_token");
    for client in [&first, &second] {
        assert_eq!((status_at(client, &old).await, status_at(client, &new).await), (StatusCode::OK, StatusCode::OK));
    }
    let epochs = world.ask(&["keys"])["epochs"].as_array().unwrap().clone();
    let begins: Vec<_> = epochs.iter().map(|epoch| text(epoch, "not_before")).collect();
    assert!(begins.is_sorted(), "{begins:?}");
    assert_eq!(epochs.iter().filter(|epoch| epoch["state"] == "current").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_looks_up_an_epoch_that_another_one_has_begun_before_it_refuses() {
    // A node hears of it by itself in five minutes only.
    let world = World::new(Engine::Postgres).await.with("keys.reload_every", "5m");
    let behind = world.serve().await;
    Client::of(&behind).member(&world, EMAIL, PHONE).await;
    assert!(world.operate(&["keys", "rotate", "--now"]).status.success());
    let ahead = world.serve().await;
    let (first, second) = (Client::of(&ahead), Client::of(&behind));

    let flow = first.login(PHONE, None).await;
    let tokens = second.enter(&flow, &texted(&world, PHONE, 2).await).await;

    assert_eq!(tokens.status, StatusCode::OK, "{tokens:?}");
}

/// The credentials that a node ahead gives are those of the next one that is asked.
#[tokio::test(flavor = "multi_thread")]
async fn no_credential_of_a_new_epoch_is_refused_and_no_cookie_cleared() {
    let world = World::new(Engine::Postgres).await.with("keys.reload_every", "5m");
    let [by_bearer, by_cookie, by_refresh] = [world.serve().await, world.serve().await, world.serve().await];
    Client::of(&by_bearer).member(&world, EMAIL, PHONE).await;
    assert!(world.operate(&["keys", "rotate", "--now"]).status.success());
    let ahead = world.serve().await;
    let tokens = Client::of(&ahead).again(&world, PHONE, 2).await;
    let mut browser = Browser::of(&ahead);
    browser.post("/login", &json!({ "phone_number": PHONE })).await;
    browser.post("/otp_verification", &json!({ "otp": texted(&world, PHONE, 3).await })).await;

    let mut elsewhere = Browser::of(&by_cookie);
    elsewhere.jar = browser.jar;
    let page = elsewhere.send(Method::GET, "/me", None).await;

    assert_eq!((page.status, page.set_cookies), (StatusCode::OK, vec![]));
    assert_eq!(status_at(&Client::of(&by_bearer), &text(&tokens, "access_token")).await, StatusCode::OK);
    renewed(&Client::of(&by_refresh), &text(&tokens, "refresh_token")).await;
}
