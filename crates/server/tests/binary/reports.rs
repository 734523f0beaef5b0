//! Reports of the SMS provider: behind https they count only with the provider's signature.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::StatusCode;
use serde_json::json;

use crate::{
    client::{Client, http, texted},
    doorward::{Doorward, Engine, TWILIO_TOKEN, World},
    providers::{account, with_providers},
};

const PATH: &str = "/callbacks/twilio/status";
const FIELDS: [(&str, &str); 4] =
    [("MessageSid", "SM1"), ("MessageStatus", "undelivered"), ("ErrorCode", "30003"), ("Empty", "")];

/// Twilio's signature of those fields under a token, for the address it was told.
fn signature(token: &str, url: &str) -> String {
    let mut fields = FIELDS;
    fields.sort_unstable();
    let signed = fields.iter().fold(url.to_owned(), |signed, (name, value)| signed + name + value);
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    STANDARD.encode(aws_lc_rs::hmac::sign(&key, signed.as_bytes()))
}

async fn report(node: &Doorward, signature: Option<&str>) -> StatusCode {
    report_to(node, PATH, signature).await
}

async fn report_to(node: &Doorward, path: &str, signature: Option<&str>) -> StatusCode {
    let request = http().post(format!("{}{path}", node.url())).form(&FIELDS);
    let request = signature.into_iter().fold(request, |request, value| request.header("x-twilio-signature", value));
    request.send().await.unwrap().status()
}

async fn counted(node: &Doorward, provider: &str) -> usize {
    let numbers = http().get(format!("{}/metrics", node.ops())).send().await.unwrap().text().await.unwrap();
    let line = format!("doorward_sms_reports_total{{provider=\"{provider}\",status=\"undelivered\"}} ");
    numbers.lines().find_map(|found| found.strip_prefix(&line)).map_or(0, |count| count.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_counts_if_twilio_signed_it() {
    let world = World::new(Engine::Sqlite).await.with("http.public_url", "https://auth.example.com");
    let node = world.serve().await;
    Client::of(&node).member(&world, "ada@example.com", "+14155552671").await;
    texted(&world, "+14155552671", 1).await;
    let url = world.sms.messages()[0].fields["StatusCallback"].clone();
    assert_eq!(url, "https://auth.example.com/callbacks/twilio/status");

    for forged in [None, Some(""), Some("bm8="), Some(&*signature("another-token", &url))] {
        assert_eq!(report(&node, forged).await, StatusCode::UNAUTHORIZED, "{forged:?}");
    }
    assert_eq!(counted(&node, "twilio").await, 0);
    assert_eq!(report(&node, Some(&signature(TWILIO_TOKEN, &url))).await, StatusCode::NO_CONTENT);
    assert_eq!(counted(&node, "twilio").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_several_accounts_has_reports_of_its_own() {
    let world = World::new(Engine::Sqlite).await.with("http.public_url", "https://auth.example.com");
    let [mut first, second] = ["first", "second"].map(|name| account(name, &world.sms));
    first["auth_token"] = json!(TWILIO_TOKEN);
    let world = with_providers(world, &json!([first, second]));
    let node = world.serve().await;
    Client::of(&node).member(&world, "ada@example.com", "+14155552671").await;
    texted(&world, "+14155552671", 1).await;
    let url = world.sms.messages()[0].fields["StatusCallback"].clone();
    assert_eq!(url, "https://auth.example.com/callbacks/twilio/first/status");
    let signed = signature(TWILIO_TOKEN, &url);

    for path in ["/callbacks/twilio/second/status", "/callbacks/twilio/third/status", PATH] {
        assert_eq!(report_to(&node, path, Some(&signed)).await, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(report_to(&node, "/callbacks/twilio/first/status", None).await, StatusCode::UNAUTHORIZED);
    assert_eq!(report_to(&node, "/callbacks/twilio/first/status", Some(&signed)).await, StatusCode::NO_CONTENT);
    assert_eq!((counted(&node, "first").await, counted(&node, "second").await), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_https_nothing_is_asked_for_and_without_twilio_there_is_nothing() {
    let world = World::new(Engine::Sqlite).await;
    let node = world.serve().await;
    Client::of(&node).member(&world, "ada@example.com", "+14155552671").await;
    texted(&world, "+14155552671", 1).await;
    assert_eq!(world.sms.messages()[0].fields.get("StatusCallback"), None);
    assert_eq!(report(&node, None).await, StatusCode::NO_CONTENT);

    let folder = tempfile::tempdir().unwrap();
    let dev = Doorward::dev(folder.path()).await;
    assert_eq!(report(&dev, None).await, StatusCode::NOT_FOUND);
    assert_eq!(http().get(format!("{}{PATH}", dev.url())).send().await.unwrap().status(), StatusCode::NOT_FOUND);
}
