//! A service whose limits are on, and too wide for one machine to meet.

use std::time::{Duration, Instant};

use crate::doorward::{Doorward, Engine, World};

const WIDE: [&str; 19] = [
    "ip_credentials",
    "ip_failures",
    "ip_sends",
    "ip_registrations",
    "net_failures",
    "net_sends",
    "client_failures",
    "password_failures",
    "email",
    "sms",
    "sms_prefix",
    "sms_country",
    "sms_budget",
    "email_budget",
    "sms_rate",
    "email_rate",
    "sensitive_changes",
    "identifier_changes",
    "refresh",
];

pub(crate) async fn wide(engine: Engine, sms: &str, mail: &str) -> World {
    let mut world = World::new(engine)
        .await
        .limited()
        .with("twilio.base_url", sms)
        .with("smtp.url", mail)
        .with("http.trusted_proxies", r#"["127.0.0.1/32"]"#)
        .with("session.max_per_user", "10000");
    for limit in WIDE {
        world = world.with(&format!("limits.{limit}"), "1000000/1s");
    }
    // As many rows as by default.
    for limit in ["ip_failures", "ip_sends", "ip_registrations", "sms"] {
        world = world.with(&format!("limits.{limit}"), r#"["1000000/1s", "1000000/1m"]"#);
    }
    world
}

/// Starts a node, and tells how long its first answer took.
pub(crate) async fn start(world: &World) -> (Doorward, Duration) {
    first_answer(world.serve()).await
}

/// Measures how long the first answer of `dev` takes in an empty folder.
pub(crate) async fn dev() -> Duration {
    let folder = tempfile::tempdir().unwrap();
    first_answer(Doorward::dev(folder.path())).await.1
}

async fn first_answer(starting: impl Future<Output = Doorward>) -> (Doorward, Duration) {
    let begun = Instant::now();
    let node = starting.await;
    let answer = reqwest::get(format!("{}/readyz", node.ops())).await.unwrap();
    assert!(answer.status().is_success());
    (node, begun.elapsed())
}
