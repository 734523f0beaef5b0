//! A standby that operators read from, and a node that is pointed at it by mistake.

use reqwest::StatusCode;
use serde_json::json;

use crate::{
    client::Client,
    doorward::{Engine, World},
    keys::until,
    outages::is_unavailable,
    postgres_servers::PostgresServer,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_answers_operators_and_is_never_ready_to_serve() {
    let Some(primary) = PostgresServer::start().await else { return };
    let standby = primary.synchronous_standby().await;
    let url = |port| format!("postgres://postgres@127.0.0.1:{port}/postgres");
    let world = World::new(Engine::Sqlite).await.with("database.url", &url(primary.port));
    let node = world.serve().await;
    Client::of(&node).member(&world, "ada@example.com", "+14155552671").await;
    drop(node);

    let refused = world.with("database.migrate", "false").with("database.url", &url(standby.port));
    let told = refused.operate(&["user", "find", "ada@example.com"]);
    let world = refused.with("database.url", &format!("{}?target_session_attrs=any", url(standby.port)));
    until("the copy has it", async || world.operate(&["user", "find", "ada@example.com"]).status.success()).await;
    let node = world.serve().await;
    let client = Client::of(&node);
    let ready = client.get(&format!("{}/readyz", node.ops())).await;
    let started = client.post("/login", &json!({ "phone_number": "+14155552671" })).await;

    assert!(String::from_utf8_lossy(&told.stderr).contains("database does not allow writes"), "{told:?}");
    assert_eq!(ready, StatusCode::SERVICE_UNAVAILABLE);
    assert!(is_unavailable(&started), "{started:?}");
}
