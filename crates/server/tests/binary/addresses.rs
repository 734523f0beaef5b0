//! The address of the client: from the connection, and behind a trusted proxy from its header.

use serde_json::{Value, json};

use crate::{
    client::{Client, PASSWORD, http, text, texted},
    doorward::{Doorward, Engine, World},
    strangers::{behind_a_proxy, said},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
/// The headers by which a client could say that it is elsewhere.
const HEADERS: [&str; 6] =
    ["x-forwarded-for", "x-real-ip", "forwarded", "true-client-ip", "cf-connecting-ip", "x_forwarded_for"];

/// The header as the client sends it that claims to be at the address.
fn claim(header: &str, address: &str) -> String {
    if header == "forwarded" { format!("for={address}") } else { address.to_owned() }
}

/// The statuses of starts that come from those addresses, as a proxy tells.
async fn starts(node: &Doorward, addresses: &[String]) -> Vec<u16> {
    let body = json!({ "phone_number": "+14155552699", "carrier": "token" });
    let mut statuses = Vec::new();
    for address in addresses {
        statuses.push(said(node, &[("x-forwarded-for", address)], "/login", &body).await.0.as_u16());
    }
    statuses
}

fn repeated(status: u16, times: usize) -> Vec<u16> {
    vec![status; times]
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_are_counted_for_the_peer_whatever_it_says_of_its_address() {
    let world = World::new(Engine::Sqlite).await.limited().with("limits.ip_failures", "10/1d");
    let node = world.serve().await;

    let mut statuses = Vec::new();
    for n in 0..18 {
        let header = HEADERS[n % HEADERS.len()];
        let body = json!({ "email": format!("nobody{n}@example.com"), "password": "not the password" });
        let value = claim(header, &format!("192.0.{n}.1"));
        statuses.push(said(&node, &[(header, &value)], "/login", &body).await.0.as_u16());
    }

    assert_eq!(statuses, [repeated(401, 10), repeated(429, 8)].concat());
}

/// The place of a session whose login comes with the headers.
async fn place(world: &World, node: &Doorward, headers: &[(&str, &str)], sms: usize) -> Value {
    let start = json!({ "phone_number": PHONE, "carrier": "token" });
    let (_, flow, _) = said(node, headers, "/login", &start).await;
    let proof = json!({ "flow_token": text(&flow, "flow_token"), "otp": texted(world, PHONE, sms).await });
    let (_, tokens, _) = said(node, headers, "/otp_verification", &proof).await;
    let listed = http().get(format!("{}/sessions", node.url())).bearer_auth(text(&tokens, "access_token"));
    let listed: Value = listed.send().await.unwrap().json().await.unwrap();
    let sessions = listed["sessions"].as_array().unwrap();
    sessions.iter().find(|session| session["current"] == json!(true)).unwrap()["place"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_shows_the_place_of_the_peer_and_of_nobody_it_names() {
    let world = World::new(Engine::Sqlite).await;
    let node = world.serve().await;
    Client::of(&node).member(&world, EMAIL, PHONE).await;
    let claims: Vec<_> = HEADERS.iter().map(|header| (*header, claim(header, "192.0.2.1"))).collect();
    let claims: Vec<_> = claims.iter().map(|(header, value)| (*header, value.as_str())).collect();

    assert_eq!(place(&world, &node, &claims, 2).await, json!("127.0.0.0/24"));
    assert!(!node.log().contains("192.0.2."));
    assert!(!world.dump().contains("192.0.2."));
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_trusted_proxy_its_header_alone_tells_the_place() {
    let world = World::new(Engine::Sqlite).await.with("http.trusted_proxies", r#"["127.0.0.1"]"#);
    let node = world.serve().await;
    Client::of(&node).member(&world, EMAIL, PHONE).await;
    let claims: Vec<_> = HEADERS[1..].iter().map(|header| (*header, claim(header, "198.51.100.1"))).collect();
    let mut headers: Vec<_> = claims.iter().map(|(header, value)| (*header, value.as_str())).collect();
    headers.push(("x-forwarded-for", "198.51.100.1, 192.0.2.77"));

    assert_eq!(place(&world, &node, &headers, 2).await, json!("192.0.2.0/24"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_64_of_ipv6_is_one_host_and_a_48_is_one_network() {
    let world = behind_a_proxy(Engine::Sqlite).await;
    let world = world.with("limits.ip_sends", "5/1d").with("limits.net_sends", "8/1d");
    let node = world.serve().await;
    let of = |subnet: &str, most: u32| (1..=most).map(|n| format!("{subnet}:{n:x}::{n:x}")).collect::<Vec<_>>();

    let first = starts(&node, &of("2001:db8:1:2", 100)).await;
    let neighbours = starts(&node, &of("2001:db8:1:3", 5)).await;
    let elsewhere = starts(&node, &of("2001:db8:2:2", 1)).await;

    assert_eq!(first, [repeated(202, 5), repeated(429, 95)].concat());
    assert_eq!(neighbours, [repeated(202, 3), repeated(429, 2)].concat());
    assert_eq!(elsewhere, [202]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_one_host_however_it_is_spelled() {
    let world = behind_a_proxy(Engine::Sqlite).await.with("limits.ip_sends", "5/1d");
    let node = world.serve().await;
    let spelled = |spellings: [&str; 6]| spellings.map(str::to_owned);

    let of_six = starts(
        &node,
        &spelled([
            "2001:db8:9:1::a",
            "2001:DB8:9:1::A",
            "2001:0db8:0009:0001:0000:0000:0000:000a",
            "[2001:db8:9:1:0:0:0:a]",
            "[2001:db8:9:1::a]:443",
            "2001:db8:9:1::0.0.0.10",
        ]),
    )
    .await;
    let of_four = starts(
        &node,
        &spelled([
            "192.0.2.1",
            "::ffff:192.0.2.1",
            "::ffff:c000:201",
            "192.0.2.1:4711",
            "[::ffff:192.0.2.1]:4711",
            "0:0:0:0:0:FFFF:C000:0201",
        ]),
    )
    .await;

    let expected = [repeated(202, 5), repeated(429, 1)].concat();
    assert_eq!((of_six, of_four), (expected.clone(), expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_not_trusted_is_a_client_like_any() {
    let world = World::new(Engine::Sqlite).await.limited();
    let world = world.with("http.trusted_proxies", r#"["192.0.2.0/24"]"#).with("limits.ip_failures", "3/1d");
    let node = world.serve().await;

    let mut statuses = Vec::new();
    for n in 0..5 {
        let body = json!({ "email": EMAIL, "password": PASSWORD });
        let address = format!("192.0.2.{n}, 203.0.113.{n}");
        statuses.push(said(&node, &[("x-forwarded-for", &address)], "/login", &body).await.0.as_u16());
    }

    assert_eq!(statuses, [repeated(401, 3), repeated(429, 2)].concat());
}
