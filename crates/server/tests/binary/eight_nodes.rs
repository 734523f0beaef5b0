//! Eight processes on one database, and two hundred calls at once that one limit of ten is for.

use std::sync::Arc;

use serde_json::json;
use tokio::{sync::Barrier, task::JoinSet};

use crate::{
    client::Client,
    doorward::{Doorward, Engine, World},
    keys::until,
    strangers::behind_a_proxy,
};

const NODES: usize = 8;
const CALLS: usize = 200;

fn phone(n: usize) -> String {
    format!("+1415555{:04}", 2600 + n)
}

/// So many accounts with a verified number; all that was sent to them is settled before their node is killed, as
/// another one would send it again.
async fn members(world: &World, count: usize) {
    let node = world.serve().await;
    for n in 0..count {
        Client::of(&node).member(world, &format!("person{n}@example.com"), &phone(n)).await;
    }
    all_settled(world).await;
}

async fn eight(world: &World) -> Vec<Doorward> {
    let mut nodes = Vec::new();
    for _ in 0..NODES {
        nodes.push(world.serve().await);
    }
    nodes
}

/// Asks for two hundred codes at the same moment, over all nodes and for these people in turn; each call is from a place of its own.
async fn start_at_once(nodes: &[Doorward], people: usize) {
    let clients: Vec<_> = nodes.iter().map(Client::of).collect();
    let start = Arc::new(Barrier::new(CALLS));
    let mut calls = JoinSet::new();
    for call in 0..CALLS {
        let (client, start) = (clients[call % NODES].clone(), start.clone());
        let body = json!({ "phone_number": phone(call % people), "carrier": "token" });
        calls.spawn(async move {
            start.wait().await;
            client.post_saying("x-forwarded-for", &format!("10.{call}.0.7"), "/login", &body).await.status.as_u16()
        });
    }
    assert_eq!(calls.join_all().await, [202; CALLS]);
}

async fn all_settled(world: &World) {
    let waiting = "SELECT 1 FROM outbox WHERE next_try_at IS NOT NULL";
    until("everything is sent or dropped", async || world.postgres().select(waiting).is_empty()).await;
}

/// The SMS that went out beside those that were sent before.
async fn sent_since(world: &World, before: usize) -> usize {
    all_settled(world).await;
    world.sms.messages().len() - before
}

#[tokio::test(flavor = "multi_thread")]
async fn of_200_calls_for_one_number_ten_send_a_code() {
    let world = behind_a_proxy(Engine::Postgres).await.with_short_leases().with("limits.sms", "10/1d");
    members(&world, 1).await;
    let nodes = eight(&world).await;

    start_at_once(&nodes, 1).await;

    // The one that verified the number was taken from the same ten.
    assert_eq!(sent_since(&world, 1).await, 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_200_calls_that_share_a_leased_limit_no_more_than_ten_send_a_code() {
    let mut world = behind_a_proxy(Engine::Postgres).await.with_short_leases().with("limits.sms_budget", "off");
    for limit in ["ip_credentials", "ip_sends", "ip_registrations", "net_sends", "sms_prefix", "sms_country"] {
        world = world.with(&format!("limits.{limit}"), "off");
    }
    members(&world, 20).await;
    let world = world.with("limits.sms_budget", "10/1d");
    let nodes = eight(&world).await;

    start_at_once(&nodes, 20).await;

    // What a node has leased and nobody of its callers asked for may lie idle with it.
    let sent = sent_since(&world, 20).await;
    assert!((1..=10).contains(&sent), "{sent} sent");
}
