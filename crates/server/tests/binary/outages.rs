//! A database that goes away and comes back: 503 meanwhile, and never a success that was not stored.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{
    task::{JoinSet, spawn_blocking},
    time::sleep,
};

use crate::{
    client::{Answer, Client, PASSWORD, text, texted, wrong},
    doorward::{Engine, World},
    keys::until,
    tcp_proxy::TcpProxy,
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

pub(crate) fn is_unavailable(answer: &Answer) -> bool {
    let wait = answer.body["retry_after"].as_u64().unwrap_or_default();
    answer.status == StatusCode::SERVICE_UNAVAILABLE && answer.body["code"] == "unavailable" && wait > 0
}

/// Revokes as a resource server.
async fn revoke(client: &Client, server: &Value, token: &str) -> StatusCode {
    let (id, secret) = (text(server, "id"), text(server, "secret"));
    let body = ("application/json", json!({ "token": token }).to_string());
    client.post_as_client((&id, &secret), "/token/revoke", body).await.0
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_database_the_service_promises_nothing_and_goes_on_where_it_was() {
    let world = World::new(Engine::Postgres).await;
    let proxy = TcpProxy::to(world.postgres()).await;
    let world = world.with("database.url", &proxy.url());
    let node = world.serve().await;
    let client = Client::of(&node);
    let server = world.ask(&["client", "add", "orders"]);
    let tokens = client.member(&world, EMAIL, PHONE).await;
    let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    let flow = client.login(PHONE, None).await;
    let code = texted(&world, PHONE, 2).await;
    assert_eq!(client.enter(&flow, &wrong(&code)).await.body["attempts_left"], 4);

    proxy.close();
    for answer in [
        client.enter(&flow, &code).await,
        client.enter(&flow, &wrong(&code)).await,
        client.post("/login", &json!({ "email": EMAIL, "password": PASSWORD })).await,
        client.post("/login", &json!({ "phone_number": PHONE })).await,
        client.post("/forgot_password", &json!({ "email": EMAIL })).await,
        client.refresh(&refresh).await,
        client.get_as(&access, "/me").await,
        client.delete_as(&access, "/sessions").await,
        client.post_as(&access, "/logout", &json!({})).await,
    ] {
        assert!(is_unavailable(&answer), "{answer:?}");
    }
    assert_eq!(revoke(&client, &server, &refresh).await, StatusCode::SERVICE_UNAVAILABLE);
    let [livez, readyz] = ["livez", "readyz"].map(|path| format!("{}/{path}", node.ops()));
    assert_eq!(client.get(&livez).await, StatusCode::OK);
    assert_eq!(client.get(&readyz).await, StatusCode::SERVICE_UNAVAILABLE);
    proxy.open();
    until("ready again", async || client.get(&readyz).await == StatusCode::OK).await;

    assert_eq!(client.enter(&flow, &wrong(&code)).await.body["attempts_left"], 3);
    assert_eq!(client.enter(&flow, &code).await.status, StatusCode::OK);
    assert_eq!(client.get_as(&access, "/me").await.status, StatusCode::OK);
    let renewed = client.refresh(&refresh).await;
    assert_eq!(renewed.status, StatusCode::OK, "{renewed:?}");
    assert_eq!(revoke(&client, &server, &text(&renewed.body, "refresh_token")).await, StatusCode::OK);
    assert_eq!(client.get_as(&access, "/me").await.status, StatusCode::UNAUTHORIZED);
}

/// The code of the SMS to the number that comes after so many, unless told to stop before.
pub(crate) async fn next_code(world: &World, phone: &str, sent: usize, stop: &AtomicBool) -> Option<String> {
    while !stop.load(Ordering::Relaxed) {
        if let Some(sms) = world.sms.messages_to(phone).get(sent) {
            return sms.code();
        }
        sleep(Duration::from_millis(20)).await;
    }
    None
}

/// Logs in until told to stop; gives the tokens of every login that was answered with a session.
pub(crate) async fn logs_in_until(world: &World, client: &Client, phone: &str, stop: &AtomicBool) -> Vec<Value> {
    let mut sessions = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let sent = world.sms.messages_to(phone).len();
        let started = client.post("/login", &json!({ "phone_number": phone })).await;
        if started.status != StatusCode::ACCEPTED {
            assert!(is_unavailable(&started), "{started:?}");
            continue;
        }
        // The worker that is to send it may find no database either, and send it later.
        let Some(code) = next_code(world, phone, sent, stop).await else { break };
        let entered = client.enter(&text(&started.body, "flow_token"), &code).await;
        match entered.status {
            StatusCode::OK => sessions.push(entered.body),
            // What was committed while its answer was lost is over.
            StatusCode::GONE | StatusCode::UNAUTHORIZED => {}
            _ => assert!(is_unavailable(&entered), "{entered:?}"),
        }
    }
    sessions
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_for_ten_seconds_in_a_storm_loses_no_login_that_was_answered() {
    let world = World::new(Engine::Postgres).await.with("limits.sms_budget", "off").with("limits.sms_country", "off");
    let world = world.with_short_leases().with("session.max_per_user", "10000");
    let proxy = TcpProxy::to(world.postgres()).await;
    let world = Arc::new(world.with("database.url", &proxy.url()));
    let node = world.serve().await;
    let client = Client::of(&node);
    let phones: Vec<_> = (0..16).map(|n| format!("+141555526{n:02}")).collect();
    for (n, phone) in phones.iter().enumerate() {
        client.member(&world, &format!("person{n}@example.com"), phone).await;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let mut people = JoinSet::new();
    for phone in phones.clone() {
        let (world, client, stop) = (world.clone(), client.clone(), stop.clone());
        people.spawn(async move { logs_in_until(&world, &client, &phone, &stop).await });
    }

    sleep(Duration::from_secs(2)).await;
    proxy.close();
    sleep(Duration::from_secs(10)).await;
    proxy.open();
    let readyz = format!("{}/readyz", node.ops());
    until("ready again", async || client.get(&readyz).await == StatusCode::OK).await;
    sleep(Duration::from_secs(2)).await;
    stop.store(true, Ordering::Relaxed);
    let sessions = people.join_all().await.concat();

    assert!(sessions.len() > phones.len(), "{}", sessions.len());
    for tokens in &sessions {
        let me = client.get_as(&text(tokens, "access_token"), "/me").await;
        assert_eq!(me.status, StatusCode::OK, "{me:?}");
    }
    until("all is sent", async || {
        world.postgres().select("SELECT 1 FROM outbox WHERE next_try_at IS NOT NULL").is_empty()
    })
    .await;
    for phone in &phones {
        client.again(&world, phone, world.sms.messages_to(phone).len() + 1).await;
    }
}

/// Locks every flow until there is a table that says so, or a minute is over.
const HOLD: &str = "DO $$ BEGIN \
    PERFORM 1 FROM challenges FOR UPDATE; \
    FOR i IN 1..600 LOOP \
    EXIT WHEN EXISTS (SELECT 1 FROM pg_class WHERE relname = 'freed'); PERFORM pg_sleep(0.1); \
    END LOOP; END $$";
const HELD: &str = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";

#[tokio::test(flavor = "multi_thread")]
async fn while_somebody_holds_a_flow_its_code_is_neither_right_nor_wrong() {
    let world = Arc::new(World::new(Engine::Postgres).await);
    let node = world.serve().await;
    let client = Client::of(&node);
    client.member(&world, EMAIL, PHONE).await;
    let flow = client.login(PHONE, None).await;
    let code = texted(&world, PHONE, 2).await;

    let holder = world.clone();
    let holding = spawn_blocking(move || holder.execute(HOLD));
    until("held", async || !world.postgres().select(HELD).is_empty()).await;
    let held = [client.enter(&flow, &wrong(&code)).await, client.enter(&flow, &code).await];
    world.execute("CREATE TABLE freed ()");
    holding.await.unwrap();
    let freed = [client.enter(&flow, &wrong(&code)).await, client.enter(&flow, &code).await];

    assert!(held.iter().all(is_unavailable), "{held:?}");
    assert_eq!((&freed[0].body["attempts_left"], freed[1].status), (&json!(4), StatusCode::OK), "{freed:?}");
}
