//! Tokens that are not good, at an endpoint that asks for one (RFC 8725, section 2).

use std::{collections::BTreeSet, net::TcpListener};

use aws_lc_rs::hmac;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Client, text},
    doorward::{Engine, World},
    issuer::{Issuer, claims, encode, header, with},
};

/// The prefix of the 32 bytes of a key in its SubjectPublicKeyInfo (RFC 8410, section 4).
const ED25519_INFO: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Its name, and the token.
type Case = (String, String);

fn headers(issuer: &Issuer, good: &Value, own: &Value, host: &str) -> Vec<Case> {
    let changes = [
        json!({ "alg": "none" }),
        json!({ "alg": "None" }),
        json!({ "alg": "" }),
        json!({ "alg": null }),
        json!({ "alg": "ES256" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "RS256" }),
        json!({ "alg": "eddsa" }),
        json!({ "alg": ["EdDSA"] }),
        json!({ "typ": null }),
        json!({ "typ": "JWT" }),
        json!({ "typ": "id+jwt" }),
        json!({ "typ": "AT+JWT" }),
        json!({ "typ": 1 }),
        json!({ "kid": null }),
        json!({ "kid": "" }),
        json!({ "kid": "unknown" }),
        json!({ "kid": "../../dev/null" }),
        json!({ "kid": "' OR 1=1--" }),
        json!({ "kid": 0 }),
        json!({ "crit": ["x"], "x": 1 }),
        json!({ "jku": host }),
        json!({ "x5u": host }),
        json!({ "jwk": own }),
        json!({ "x5c": ["MIIB"] }),
        json!({ "b64": false }),
        json!({ "zip": "DEF" }),
        json!({ "x": 1 }),
    ];
    let case = |change: &Value| (format!("header {change}"), issuer.sign(&with(issuer.header(), change), good));
    changes.iter().map(case).collect()
}

fn bodies(issuer: &Issuer, good: &Value) -> Vec<Case> {
    let (made, end) = (good["iat"].as_i64().unwrap(), good["exp"].as_i64().unwrap());
    let mut changes = vec![
        json!({ "exp": made - 1 }),
        json!({ "exp": end - 331, "iat": made - 331, "nbf": made - 331 }),
        json!({ "exp": end.to_string() }),
        json!({ "exp": 1e300 }),
        json!({ "exp": -1 }),
        json!({ "nbf": made + 3600 }),
        json!({ "nbf": "0" }),
        json!({ "iat": made + 3600 }),
        json!({ "iss": "https://evil.example" }),
        json!({ "iss": "http://localhost:8080/" }),
        json!({ "iss": [good["iss"]] }),
        json!({ "aud": "https://other.example" }),
        json!({ "aud": [] }),
        json!({ "aud": format!("{}/", good["aud"].as_str().unwrap()) }),
        json!({ "sub": "admin" }),
        json!({ "sub": 7 }),
        json!({ "sub": good["sub"].as_str().unwrap().to_uppercase() }),
        json!({ "sid": "00000000-0000-0000-0000-000000000000" }),
        json!({ "sid": good["sub"] }),
        json!({ "acr": "aal3" }),
        json!({ "acr": 2 }),
        json!({ "amr": "sms" }),
        json!({ "amr": ["god"] }),
    ];
    changes.extend(good.as_object().unwrap().keys().map(|name| json!({ name: null })));
    let case = |change: &Value| (format!("claims {change}"), issuer.sign(issuer.header(), &with(good, change)));
    let mut cases: Vec<_> = changes.iter().map(case).collect();
    let doubled = good.to_string().replacen('{', &format!(r#"{{"sub":{},"#, good["sub"]), 1);
    cases.push(("claims twice".to_owned(), issuer.sign_texts(&issuer.header().to_string(), &doubled)));
    cases.push(("claims that are no object".to_owned(), issuer.sign(issuer.header(), &json!([good]))));
    cases
}

fn shapes(token: &str, other: &str) -> Vec<Case> {
    let segments: Vec<_> = token.split('.').collect();
    let [head, payload, signature] = segments[..] else { panic!("{token}") };
    let foreign = other.rsplit('.').next().unwrap();
    let flipped: String = signature.chars().rev().collect();
    let cases = [
        ("the signature flipped", format!("{head}.{payload}.{flipped}")),
        ("the signature removed", format!("{head}.{payload}.")),
        ("no signature", format!("{head}.{payload}")),
        ("the signature of another token", format!("{head}.{payload}.{foreign}")),
        ("the payload of another token", format!("{head}.{}.{signature}", other.split('.').nth(1).unwrap())),
        ("four segments", format!("{token}.{signature}")),
        ("five segments", format!("{head}.{payload}.{signature}.{signature}.{signature}")),
        ("padding", format!("{token}=")),
        ("standard base64", format!("{head}.{payload}.{}+/", &signature[..84])),
        ("a tail", format!("{token}A")),
        ("a blank inside", format!("{head}. {payload}.{signature}")),
        ("nothing", String::new()),
        ("dots", "..".to_owned()),
        ("JSON", r#"{"payload":"","signatures":[]}"#.to_owned()),
        ("a long text", "a".repeat(5000)),
    ];
    cases.map(|(name, token)| (name.to_owned(), token)).into()
}

/// HMAC with the public key for its secret, in every form in which somebody may hold it.
fn shared_secrets(issuer: &Issuer, good: &Value, key: &Value) -> Vec<Case> {
    let header = with(issuer.header(), &json!({ "alg": "HS256" }));
    let message = format!("{}.{}", encode(header.to_string()), encode(good.to_string()));
    let x = key["x"].as_str().unwrap();
    let raw = URL_SAFE_NO_PAD.decode(x).unwrap();
    let der = [&ED25519_INFO[..], &raw].concat();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&der));
    let forms = [
        ("key", x.into()),
        ("raw key", raw),
        ("JWK", key.to_string().into()),
        ("key set", json!({ "keys": [key] }).to_string().into()),
        ("DER", der),
        ("PEM", pem.into()),
        ("kid", text(key, "kid").into()),
        ("nothing", Vec::new()),
    ];
    let case = |(form, secret): (&str, Vec<u8>)| {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), message.as_bytes());
        (format!("HS256 keyed with the {form}"), format!("{message}.{}", encode(tag)))
    };
    forms.map(case).into()
}

/// The tokens of other kinds that the service itself gave.
fn kinds(tokens: &Value, flow: &str) -> Vec<Case> {
    let names = ["refresh_token", "device_token", "session_id"];
    let mut cases: Vec<_> = names.iter().map(|name| ((*name).to_owned(), text(tokens, name))).collect();
    cases.push(("flow_token".to_owned(), flow.to_owned()));
    cases
}

/// The status and body of an answer, without what differs from one to the next.
fn without_request_id(answer: &Answer) -> (StatusCode, Value) {
    (answer.status, with(&answer.body, &json!({ "request_id": null })))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_hostile_token_is_refused_alike_and_no_address_in_it_is_called() {
    let world = World::new(Engine::Sqlite).await.with("token.algorithm", "EdDSA");
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let tokens = client.member(&world, "ada@example.com", "+14155552671").await;
    let other = text(&client.member(&world, "eve@example.com", "+14155552672").await, "access_token");
    let flow = client.login("+14155552671", None).await;
    let token = text(&tokens, "access_token");
    let (key, good) = (client.keys().await[0].clone(), claims(&token));
    let issuer = Issuer::of(&world, key["kid"].as_str().unwrap()).await;
    let evil = TcpListener::bind("127.0.0.1:0").unwrap();
    evil.set_nonblocking(true).unwrap();
    let host = format!("http://{}/jwks.json", evil.local_addr().unwrap());

    let again = issuer.sign(issuer.header(), &with(&good, &json!({ "jti": "ours, too" })));
    assert_eq!(client.get_as(&again, "/me").await.status, StatusCode::OK, "what differs in nothing is good");
    let cases = [
        headers(&issuer, &good, &key, &host),
        bodies(&issuer, &good),
        shapes(&token, &other),
        shared_secrets(&issuer, &good, &key),
        kinds(&tokens, &flow),
    ]
    .concat();

    let names: BTreeSet<_> = cases.iter().map(|(name, _)| name).collect();
    assert!(names.len() == cases.len() && cases.len() >= 80, "{}", cases.len());
    let refusal = without_request_id(&client.get_as("nonsense", "/me").await);
    assert_eq!(refusal.0, StatusCode::UNAUTHORIZED);
    for (name, hostile) in cases {
        assert_eq!(without_request_id(&client.get_as(&hostile, "/me").await), refusal, "{name}");
    }
    assert!(evil.accept().is_err(), "the service called an address that a token named");
    assert_eq!(client.get_as(&token, "/me").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_says_what_it_must_and_nothing_personal() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let tokens = client.member(&world, "ada@example.com", "+14155552671").await;
    let token = text(&tokens, "access_token");

    let (header, claims) = (header(&token), claims(&token));

    let members: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["acr", "amr", "aud", "auth_time", "exp", "iat", "iss", "jti", "nbf", "sid", "sub"];
    assert_eq!(members, expected);
    assert_eq!(header, json!({ "alg": "ES256", "typ": "at+jwt", "kid": client.keys().await[0]["kid"] }));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);
    assert_eq!((&claims["sub"], &claims["sid"]), (&tokens["user"]["id"], &tokens["session_id"]));
    let said = claims.to_string().to_lowercase();
    // Her first name would be there by chance, in the hexadecimal digits of an id.
    for personal in ["ada@", "lovelace", "example.com", "4155552671"] {
        assert!(!said.contains(personal), "{personal}");
    }
}
