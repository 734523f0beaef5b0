//! The metrics that operators scrape; no secret and no name is in them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{
    client::{Client, http, text},
    doorward::{Doorward, Engine, World},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

/// The samples of a scrape: name with labels, and value.
async fn scrape(node: &Doorward) -> BTreeMap<String, String> {
    let answer = http().get(format!("{}/metrics", node.ops())).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let text = answer.text().await.unwrap();
    let samples = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    samples
        .map(|line| {
            let (sample, value) = line.rsplit_once(' ').unwrap();
            (sample.to_owned(), value.to_owned())
        })
        .collect()
}

/// The sum of the samples, which are whole, of a metric that have those labels.
fn sum(samples: &BTreeMap<String, String>, metric: &str, labels: &[&str]) -> i64 {
    let is_asked = |sample: &str| {
        let (name, rest) = sample.split_once('{').unwrap_or((sample, ""));
        name == metric && labels.iter().all(|label| rest.contains(label))
    };
    samples.iter().filter(|(sample, _)| is_asked(sample)).map(|(_, value)| value.parse::<i64>().unwrap()).sum()
}

/// The labels of each metric, as the page lists them.
fn listed() -> BTreeMap<String, BTreeSet<String>> {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metrics.md")).unwrap();
    let all = page.split("## What to alert on").next().unwrap();
    let rows = all.lines().filter(|line| line.starts_with("| `doorward_"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let labels = cells[3].split(", ").map(|label| label.trim_matches('`').to_owned());
        (cells[1].trim_matches('`').to_owned(), labels.filter(|label| !label.is_empty()).collect())
    })
    .collect()
}

/// Lets a member log in, a stranger be refused explicitly and silently, and somebody look for what is not there.
async fn happenings(world: &World, node: &Doorward) {
    let client = Client::of(node);
    let tokens = client.member(world, EMAIL, PHONE).await;
    client.get_as(&text(&tokens, "access_token"), "/me").await;
    for _ in 0..25 {
        let wrong = json!({ "email": EMAIL, "password": "plum-heron-4-anvil-moss" });
        client.post("/login", &wrong).await;
    }
    for path in ["/nowhere/ada@example.com", "/metrics", "/sessions/x/y", "/%2B14155552671"] {
        assert_eq!(client.get(&format!("{}{path}", node.url())).await, StatusCode::NOT_FOUND);
    }
    let strange = Method::from_bytes(EMAIL.split_once('@').unwrap().0.as_bytes()).unwrap();
    http().request(strange, format!("{}/me", node.url())).send().await.unwrap();
}

async fn numbers_are_told_and_nobody_is_named(engine: Engine) {
    let mut world = World::new(engine).await.limited().with("limits.password_failures", "3/1d");
    for limit in ["limits.ip_credentials", "limits.net_failures", "limits.ip_sends", "limits.ip_registrations"] {
        world = world.with(limit, "off");
    }
    let node = world.serve().await;
    let before = scrape(&node).await;
    happenings(&world, &node).await;

    let samples = scrape(&node).await;

    assert_eq!(sum(&before, "doorward_sessions_opened_total", &[]), 0);
    assert_eq!(sum(&samples, "doorward_sessions_opened_total", &[]), 1);
    let requests = "doorward_http_requests_total";
    assert_eq!(sum(&samples, requests, &[r#"route="/me""#, r#"method="GET""#, r#"status="2xx""#]), 1);
    assert_eq!(sum(&samples, requests, &[r#"route="/me""#, r#"method="other""#]), 1);
    assert_eq!(sum(&samples, requests, &[r#"route="unmatched""#, r#"status="4xx""#]), 4);
    assert_eq!(sum(&samples, "doorward_http_request_duration_seconds_count", &[r#"route="/me""#, "GET"]), 1);
    let refusals = "doorward_refusals_total";
    assert!(sum(&samples, refusals, &[r#"kind="password_failures""#, r#"disclosure="silent""#]) > 0, "{samples:?}");
    assert!(sum(&samples, refusals, &[r#"kind="ip_failures""#, r#"disclosure="explicit""#]) > 0, "{samples:?}");
    let delivered = [r#"content="code""#, r#"outcome="delivered""#];
    assert!(sum(&samples, "doorward_messages_total", &delivered) >= 2, "{samples:?}");
    assert!(sum(&samples, "doorward_password_hashes_total", &[r#"outcome="done""#]) > 0);
    assert_eq!(sum(&samples, "doorward_password_hashes_in_progress", &[]), 0);
    if engine == Engine::Postgres {
        assert!(sum(&samples, "doorward_database_connections", &[]) > 0);
    }
    every_sample_is_listed(&samples);
}

fn every_sample_is_listed(samples: &BTreeMap<String, String>) {
    let listed = listed();
    for sample in samples.keys() {
        for personal in ["ada", "@", "4155552671", "127.0.0.1"] {
            assert!(!sample.contains(personal), "{sample}");
        }
        let (name, labels) = sample.trim_end_matches('}').split_once('{').unwrap_or((sample, ""));
        let of_histogram = ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part));
        let known = listed.get(name).or_else(|| listed.get(of_histogram?));
        let known = known.unwrap_or_else(|| panic!("{sample} is not on the page"));
        let keys = labels.split("\",").filter(|label| !label.is_empty()).map(|label| label.split_once('=').unwrap().0);
        let keys: BTreeSet<String> = keys.filter(|key| *key != "le").map(str::to_owned).collect();
        assert_eq!(keys, *known, "{sample}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_numbers_are_told_to_operators_and_name_nobody() {
    numbers_are_told_and_nobody_is_named(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_numbers_are_told_to_operators_and_name_nobody() {
    numbers_are_told_and_nobody_is_named(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_tells_its_numbers_to_operators_alone() {
    let folder = tempfile::tempdir().unwrap();
    let node = Doorward::dev(folder.path()).await;

    assert!(scrape(&node).await.keys().any(|sample| sample.starts_with("doorward_build_info{")));
    let public = http().get(format!("{}/metrics", node.url())).send().await.unwrap();

    assert_eq!(public.status(), StatusCode::NOT_FOUND);
    assert_eq!(public.headers()["content-type"], "application/problem+json");
}
