//! Hostile input in every member: spellings of one address, headers in names, templates, odd digits, broken UTF-8. Refused with reasons, never a 500, nothing sent.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Client, PASSWORD, text},
    doorward::{Doorward, Engine, World},
};

async fn service() -> (World, Doorward, Client) {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    (world, doorward, client)
}

/// A registration in which one member is another.
fn registration(member: &str, value: &Value) -> Value {
    let mut body = json!({
        "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com", "phone_number": "+14155552671",
        "password": PASSWORD,
    });
    body[member] = value.clone();
    body
}

fn is_refused(answer: &Answer, member: &str) -> bool {
    let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
    answer.status == StatusCode::UNPROCESSABLE_ENTITY && errors.iter().any(|error| error["field"] == member)
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_no_mailer_should_see_are_refused() {
    let (world, _doorward, client) = service().await;
    let (long_local, long_domain) = (format!("{}@example.com", "a".repeat(65)), format!("a@{}.com", "b".repeat(255)));

    for email in [
        "a\r\nBcc: x@evil.test@example.com",
        "\"a b\"@example.com",
        "a@[127.0.0.1]",
        "a@localhost",
        "-oQ@example.com",
        "a@b@c.com",
        ".a@example.com",
        "a..b@example.com",
        &long_local,
        &long_domain,
        "a@example.com\0",
        "a\u{202e}b@example.com",
        "a@127.0.0.1",
        "a@ex\u{200b}ample.com",
        "a\u{ff20}example.com",
        "a@xn--example-.org",
    ] {
        let answer = client.post("/register", &registration("email", &json!(email))).await;
        assert!(is_refused(&answer, "email"), "{email:?}: {answer:?}");
    }
    assert_eq!(world.mail.mails().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_could_change_a_mail_are_refused() {
    let (_world, _doorward, client) = service().await;

    for name in [
        "A\r\nBcc: x@evil.test",
        "B\nSubject: hi",
        "{{7*7}}",
        "${7*7}",
        "<%=7*7%>",
        "#{7*7}",
        "{% raw %}",
        "<img src=x onerror=1>",
        "Visit evil.test now",
        "http://evil.test",
        "www.evil.test",
        "a@evil.test",
    ] {
        for member in ["first_name", "last_name"] {
            let answer = client.post("/register", &registration(member, &json!(name))).await;
            assert!(is_refused(&answer, member), "{name:?}: {answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_everybody_tries_first_are_refused_with_the_reason() {
    let (_world, _doorward, client) = service().await;
    let (long, repeated) = ("a1-".repeat(86), "a".repeat(20));

    for password in ["short-1", "passwordpassword", &repeated, "ada@example.com", "doorwarddoorwarddoorward", &long] {
        let answer = client.post("/register", &registration("password", &json!(password))).await;
        assert!(is_refused(&answer, "password"), "{password:?}: {answer:?}");
        assert!(!answer.body.to_string().contains(password), "{password:?} is repeated");
    }
    for password in ["zq7-maple-canoe", "correct horse\0battery staple", "😀🎈🚀🌍🎲🍀🐙🎻🎧🏔🚲🌵🍉📚🔭🧩"]
    {
        let answer = client.post("/register", &registration("password", &json!(password))).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{password:?}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_has_one_spelling_or_is_refused() {
    let (_world, _doorward, client) = service().await;

    for number in ["+14155552671", "+1 415-555-2671", "+1(415)555.2671", "+1/415\u{2013}555２６７１\r\n"] {
        let answer = client.post("/login", &json!({ "phone_number": number })).await;
        assert_eq!((answer.status, &answer.body["destination"]), (StatusCode::ACCEPTED, &json!("+1***71")), "{number}");
    }
    for number in [
        "tel:+1-415-555-2671;ext=12",
        "+14155552671x5",
        "+1415555②⑥⑦①",
        "0014155552671",
        "4155552671",
        ".;phone-context=",
        "+dwPAA;phone-context=AA",
        "",
    ] {
        let answer = client.post("/login", &json!({ "phone_number": number })).await;
        assert!(is_refused(&answer, "phone_number"), "{number:?}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_that_are_not_asked_for_are_refused() {
    let (_world, _doorward, client) = service().await;

    for member in
        ["is_verified", "email_verified", "phone_verified", "role", "is_admin", "id", "user_id", "tenant_id", "mfa"]
    {
        let answer = client.post("/register", &registration(member, &json!(true))).await;
        assert!(is_refused(&answer, member), "{member}: {answer:?}");
        assert_eq!(answer.body["code"], "unknown_field");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_six_digits_in_a_string_and_anything_else_counts_nothing() {
    let (_world, _doorward, client) = service().await;
    let flow = client.register("ada@example.com", "+14155552671").await;

    for otp in [
        json!(123_456),
        json!(["123456"]),
        Value::Null,
        json!(true),
        json!({ "$ne": "" }),
        json!("①②③④⑤⑥"),
        json!("+123456"),
        json!("123456\0"),
        json!("1e7"),
        json!("9".repeat(10_000)),
        json!(""),
    ] {
        let answer = client.post("/verify_email", &json!({ "flow_token": flow, "otp": otp })).await;
        assert!(is_refused(&answer, "otp"), "{otp}: {answer:?}");
    }
    let answer = client.verify_email(&flow, "000000").await;
    assert_eq!(answer.body["attempts_left"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_object_are_malformed() {
    let (_world, _doorward, client) = service().await;
    let deep = format!("{{\"email\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000));

    for body in [
        "[]",
        "\"\"",
        "null",
        "{",
        "NaN",
        "{\"email\":\"a\",\"email\":\"b\"}",
        "{\"otp\":\"\\ud800\"}",
        "\u{feff}",
        &deep,
    ] {
        let answer = client.post_text("/register", "application/json", body.as_bytes().to_vec()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body:.40}: {answer:?}");
        assert!(["malformed", "duplicate_field"].contains(&text(&answer.body, "code").as_str()));
    }
    let invalid = client.post_text("/register", "application/json", b"{\"email\":\"\xff\"}".to_vec()).await;
    assert_eq!(invalid.status, StatusCode::BAD_REQUEST);
    let wide: Vec<u8> = "{\"email\":\"a\"}".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let wide = client.post_text("/register", "application/json", wide).await;
    assert_eq!(wide.status, StatusCode::BAD_REQUEST);
    let plain = client.post_text("/register", "text/plain", b"{}".to_vec()).await;
    assert_eq!(plain.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let large = client.post_text("/register", "application/json", vec![b' '; 16 * 1024 + 1]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
}
