//! A database that goes away and comes back: 503 meanwhile, and never a success that was not stored.

use std::sync::Arc;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use crate::{
    client::{Answer, Client, PASSWORD, text, texted, wrong},
    doorward::{Engine, World},
    keys::until,
    passage::Passage,
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

fn is_unavailable(answer: &Answer) -> bool {
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
    let passage = Passage::to(world.postgres()).await;
    let world = world.with("database.url", &passage.url());
    let node = world.serve().await;
    let client = Client::of(&node);
    let server = world.ask(&["client", "add", "orders"]);
    let tokens = client.member(&world, EMAIL, PHONE).await;
    let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    let flow = client.login(PHONE, None).await;
    let code = texted(&world, PHONE, 2).await;
    assert_eq!(client.enter(&flow, &wrong(&code)).await.body["attempts_left"], 4);

    passage.close();
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
    passage.open();
    until("ready again", async || client.get(&readyz).await == StatusCode::OK).await;

    assert_eq!(client.enter(&flow, &wrong(&code)).await.body["attempts_left"], 3);
    assert_eq!(client.enter(&flow, &code).await.status, StatusCode::OK);
    assert_eq!(client.get_as(&access, "/me").await.status, StatusCode::OK);
    let renewed = client.refresh(&refresh).await;
    assert_eq!(renewed.status, StatusCode::OK, "{renewed:?}");
    assert_eq!(revoke(&client, &server, &text(&renewed.body, "refresh_token")).await, StatusCode::OK);
    assert_eq!(client.get_as(&access, "/me").await.status, StatusCode::UNAUTHORIZED);
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
