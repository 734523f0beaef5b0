//! Limits that two nodes on one database share: SMS, mails and passwords. What one node counted holds on the other.

use serde_json::{Value, json};

use crate::{
    client::{Client, mailed, text},
    doorward::{Doorward, Engine, World},
    keys::until,
    strangers::{behind_a_proxy, from},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

/// Eight starts of one body, each from a place of its own, on one node and the other in turn.
async fn start_eight(nodes: [&Doorward; 2], path: &str, body: &Value) {
    for call in 0..8_u32 {
        let (status, answer, _) = from(nodes[call as usize % 2], call, path, body).await;
        assert_eq!(status.as_u16(), 202, "{answer}");
    }
}

/// Counts the audit events of that kind.
fn told(world: &World, kind: &str) -> usize {
    world.dump().matches(kind).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_send_one_number_no_more_sms_than_one() {
    let world = behind_a_proxy(Engine::Postgres).await.with("limits.sms", "5/1d");
    let nodes = [world.serve().await, world.serve().await];
    Client::of(&nodes[0]).member(&world, EMAIL, PHONE).await;

    start_eight([&nodes[0], &nodes[1]], "/login", &json!({ "phone_number": PHONE, "carrier": "token" })).await;
    world.sms.wait_for_messages_to(PHONE, 5).await;

    // One of the five went out when the number was verified.
    assert_eq!(told(&world, "sms_budget_exhausted"), 4);
    assert_eq!(world.sms.messages().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_send_one_address_no_more_codes_than_one() {
    let world = behind_a_proxy(Engine::Postgres).await;
    let nodes = [world.serve().await, world.serve().await];
    Client::of(&nodes[0]).member(&world, EMAIL, PHONE).await;

    start_eight([&nodes[0], &nodes[1]], "/forgot_password", &json!({ "email": EMAIL, "carrier": "token" })).await;

    // Strangers have three of the five, and registering took one.
    assert_eq!(told(&world, "email_budget_exhausted"), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_send_one_prefix_and_one_country_no_more_sms_than_one() {
    for (limit, event) in [("limits.sms_prefix", "sms_prefix_limited"), ("limits.sms_country", "sms_budget_exhausted")]
    {
        let world = behind_a_proxy(Engine::Postgres).await.with(limit, "3/1d");
        let nodes = [world.serve().await, world.serve().await];

        for n in 0..6_u32 {
            let client = Client::of(&nodes[n as usize % 2]);
            let (email, phone) = (format!("claimant{n}@example.com"), format!("+1415555260{n}"));
            let registration = crate::strangers::registration(&email, &phone);
            let (_, flow, _) = from(&nodes[n as usize % 2], n, "/register", &registration).await;
            let code = mailed(&world, &email).await;
            assert_eq!(client.verify_email(&text(&flow, "flow_token"), &code).await.status.as_u16(), 201);
            let start = json!({ "phone_number": phone, "carrier": "token" });
            let (status, _, _) = from(&nodes[n as usize % 2], 100 + n, "/login", &start).await;
            assert_eq!(status.as_u16(), 202);
        }

        assert_eq!(told(&world, event), 3, "{limit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_look_at_no_more_passwords_than_one() {
    let world = behind_a_proxy(Engine::Postgres).await.with("limits.password_failures", "6/1d");
    let nodes = [world.serve().await, world.serve().await];
    Client::of(&nodes[0]).member(&world, EMAIL, PHONE).await;
    let log_in = async |call: u32, password: &str| {
        let body = json!({ "email": EMAIL, "password": password, "carrier": "token" });
        from(&nodes[call as usize % 2], call, "/login", &body).await.0.as_u16()
    };

    for call in 0..5 {
        assert_eq!(log_in(call, "not the password").await, 401);
    }
    // What a right one took is given back within a second, and to its own node at once.
    let taken = || world.postgres().select("SELECT state FROM buckets WHERE kind LIKE 'password_failures%'");
    let before = taken();
    let still_looked_at = log_in(5, crate::client::PASSWORD).await;
    until("it is given back", async || taken() == before).await;
    assert_eq!(log_in(6, "not the password").await, 401);
    let no_more = [log_in(7, crate::client::PASSWORD).await, log_in(8, crate::client::PASSWORD).await];

    assert_eq!((still_looked_at, no_more), (202, [401, 401]));
}
