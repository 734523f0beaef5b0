//! Two nodes behind a real nginx that are restarted one after the other: no call is lost.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::StatusCode;
use serde_json::json;
use tokio::{
    task::{JoinSet, block_in_place},
    time::sleep,
};

use crate::{
    client::{Client, text},
    doorward::{Doorward, Engine, World},
    keys::until,
    programs::free_port,
    proxies::{PAGE, Proxy, settings},
    storms::rounds,
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
/// The callers at a time.
const CALLERS: usize = 16;
/// Longer than nginx leaves a node alone that refused a connection.
const FAIL_TIMEOUT: Duration = Duration::from_millis(2500);

/// The docs' settings of nginx for nodes on these ports.
fn recipe(ports: [u16; 2]) -> String {
    let [one, other] = ports.map(|port| format!("127.0.0.1:{port}"));
    settings(PAGE, "nginx-nodes").replace("10.0.3.11:8080", &one).replace("10.0.3.12:8080", &other)
}

/// Calls until told to stop, what changes something and what does not; gives how often, and every answer that is none
/// of the service's own.
async fn calls_until(client: Client, token: String, stop: Arc<AtomicBool>) -> (usize, Vec<StatusCode>) {
    let (mut calls, mut lost) = (0, Vec::new());
    while !stop.load(Ordering::Relaxed) {
        let started = client.post("/login", &json!({ "email": EMAIL, "carrier": "token" })).await;
        let me = client.get_as(&token, "/me").await;
        calls += 2;
        let answers = [(started.status, StatusCode::ACCEPTED), (me.status, StatusCode::OK)];
        lost.extend(answers.into_iter().filter(|(is, should_be)| is != should_be).map(|(is, _)| is));
    }
    (calls, lost)
}

/// Ends the node as an orchestrator does, and starts it anew in its place.
async fn restart(world: &World, node: &mut Doorward, port: u16) {
    assert!(block_in_place(|| node.terminate()), "{}", node.log());
    *node = world.serve_at(port).await;
    sleep(FAIL_TIMEOUT).await;
}

async fn no_call_is_lost(recipe: impl Fn([u16; 2]) -> String) {
    let world = World::new(Engine::Postgres).await.with("http.trusted_proxies", r#"["127.0.0.1"]"#);
    let world = world.with("http.shutdown_delay", "1s");
    let ports = [free_port(), free_port()];
    let mut nodes = [world.serve_at(ports[0]).await, world.serve_at(ports[1]).await];
    let Some(proxy) = Proxy::nginx_as(&recipe(ports), "keepalive_requests 1000000;").await else { return };
    let client = Client::at(format!("http://localhost:{}", proxy.port));
    let token = text(&client.member(&world, EMAIL, PHONE).await, "access_token");
    let stop = Arc::new(AtomicBool::new(false));
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        callers.spawn(calls_until(client.clone(), token.clone(), stop.clone()));
    }

    for _ in 0..(rounds(50) / 50).clamp(1, 5) {
        for (node, port) in nodes.iter_mut().zip(ports) {
            restart(&world, node, port).await;
        }
    }
    stop.store(true, Ordering::Relaxed);
    let (calls, lost): (Vec<_>, Vec<_>) = callers.join_all().await.into_iter().unzip();

    assert!(lost.concat().is_empty(), "lost of {}: {:?}", calls.iter().sum::<usize>(), lost.concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_nginx_nodes_are_restarted_in_turn_and_no_call_is_lost() {
    no_call_is_lost(recipe).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_is_one_where_each_call_has_a_connection_of_its_own() {
    no_call_is_lost(|ports| recipe(ports).replace("keepalive 32;", "")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_to_stop_says_so_before_it_stops_taking_calls() {
    let world = World::new(Engine::Sqlite).await.with("http.shutdown_delay", "1m");
    let node = world.serve().await;
    let client = Client::of(&node);
    let readyz = format!("{}/readyz", node.ops());
    assert_eq!(client.get(&readyz).await, StatusCode::OK);

    node.ask_to_stop();
    until("not ready", async || client.get(&readyz).await == StatusCode::SERVICE_UNAVAILABLE).await;

    let started = client.post("/login", &json!({ "email": EMAIL })).await;
    assert_eq!(started.status, StatusCode::ACCEPTED, "{started:?}");
}
