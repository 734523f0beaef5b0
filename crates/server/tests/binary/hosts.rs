//! Requests that were meant for another host, as raw HTTP.

use crate::{
    doorward::{Doorward, Engine, World},
    raw_http,
};

/// The status of the answer to a request with that head.
async fn status(node: &Doorward, line: &str, headers: &[&str]) -> u16 {
    let head = [&[line], headers, &["Connection: close", "", ""]].concat().join("\r\n");
    raw_http::status(&raw_http::exchange(node, head.as_bytes()).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_another_name_reads_the_inbox_of_the_dev_profile() {
    let folder = tempfile::tempdir().unwrap();
    let node = Doorward::dev(folder.path()).await;

    for path in ["/dev/inbox", "/docs", "/me", "/nowhere"] {
        let line = format!("GET {path} HTTP/1.1");
        for host in ["Host: rebound.test", "Host: localhost.rebound.test", "Host: 192.0.2.1", "Host:"] {
            assert_eq!(status(&node, &line, &[host]).await, 421, "{path} {host}");
        }
        for two in [["Host: localhost", "Host: rebound.test"], ["Host: localhost", "Host: localhost"]] {
            assert!([400, 421].contains(&status(&node, &line, &two).await), "{path} {two:?}");
        }
    }
    for host in ["Host: localhost", "Host: LOCALHOST:1", "Host: 127.0.0.1:8080", "Host: [::1]:8080"] {
        assert_eq!(status(&node, "GET /dev/inbox HTTP/1.1", &[host]).await, 200, "{host}");
    }
    let absolute = "GET http://rebound.test/dev/inbox HTTP/1.1";
    assert_eq!(status(&node, absolute, &["Host: localhost"]).await, 421);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_proxy_may_say_of_the_host_decides_nothing() {
    let world = World::new(Engine::Sqlite).await;
    let node = world.serve().await;

    for said in [
        "X-Forwarded-Host: evil.test",
        "X-Forwarded-Proto: http",
        "Forwarded: host=evil.test;proto=http",
        "X-Original-Host: evil.test",
    ] {
        assert_eq!(status(&node, "GET /openapi.json HTTP/1.1", &["Host: localhost", said]).await, 200, "{said}");
    }
    assert_eq!(status(&node, "GET /openapi.json HTTP/1.1", &["Host: evil.test"]).await, 421);
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_probe_by_address() {
    let world = World::new(Engine::Sqlite).await;
    let node = world.serve().await;
    let probe = async |host: &str| {
        let head = format!("GET /readyz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        raw_http::status(&raw_http::exchange_at(node.ops(), head.as_bytes()).await)
    };

    assert_eq!([probe("10.1.2.3:9090").await, probe("[fd00::1]:9090").await], [200; 2]);
    assert_eq!(probe("rebound.test:9090").await, 421);
}
