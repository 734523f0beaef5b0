//! A mail server that is away for a while: what is worth sending when it is back arrives, and the rest is told as expired.

use doorward_testkit::smtp_sink::SmtpSink;
use reqwest::StatusCode;

use crate::{
    client::{Client, http},
    doorward::{Doorward, Engine, World},
    keys::until,
    programs::free_port,
};

/// So many messages were no longer worth sending, by the metrics of that node.
async fn expired(node: &Doorward) -> usize {
    let metrics = http().get(format!("{}/metrics", node.ops())).send().await.unwrap().text().await.unwrap();
    let line = "doorward_messages_total{channel=\"email\",content=\"code\",outcome=\"expired\"} ";
    metrics.lines().find_map(|found| found.strip_prefix(line)).map_or(0, |count| count.parse().unwrap())
}

/// Asks for so many accounts; gives their addresses and flows.
async fn registered(node: &Doorward, name: &str, count: usize) -> Vec<(String, String)> {
    let mut people = Vec::new();
    for n in 0..count {
        let email = format!("{name}{n}@example.com");
        let flow = Client::of(node).register(&email, &format!("+1415555{:04}", 2600 + n)).await;
        people.push((email, flow));
    }
    people
}

async fn away_and_back(engine: Engine) {
    let port = free_port();
    let world = World::new(engine).await.with("smtp.url", &format!("smtp://127.0.0.1:{port}"));
    let world = world.with("delivery.breaker_open", "1s").with("otp.email_ttl", "2s");
    let mut short_lived = world.serve().await;
    let early = registered(&short_lived, "early", 4).await;
    until("the codes have expired", async || expired(&short_lived).await == early.len()).await;
    assert!(short_lived.log().contains("no longer worth sending"), "{}", short_lived.log());
    assert!(short_lived.terminate());
    let world = world.with("otp.email_ttl", "10m");
    let node = world.serve().await;
    let late = registered(&node, "late", 8).await;
    until("it is found to be away", async || node.log().contains("a provider is left alone")).await;

    let back = SmtpSink::start_at(port).await;

    for (email, flow) in &late {
        let mail = back.wait_for_mail(|mail| mail.to.contains(email)).await;
        let verified = Client::of(&node).verify_email(flow, &mail.code().unwrap()).await;
        assert_eq!(verified.status, StatusCode::CREATED, "{verified:?}");
    }
    assert_eq!(expired(&node).await, 0);
    assert!(back.mails().iter().all(|mail| early.iter().all(|(email, _)| !mail.to.contains(email))));
    let dead = world.ask(&["outbox", "list", "--dead"]);
    assert_eq!(dead["messages"].as_array().unwrap().len(), 0, "{dead}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_comes_back_gets_every_code_that_still_lives_on_postgres() {
    away_and_back(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_comes_back_gets_every_code_that_still_lives_on_sqlite() {
    away_and_back(Engine::Sqlite).await;
}
