//! Reports of the SMS provider: behind https they count only with the provider's signature.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use doorward_crypto::SystemClock;
use doorward_kernel::Clock as _;
use doorward_testkit::twilio_stub::TwilioStub;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Client, http, mailed, texted},
    doorward::{Doorward, Engine, TWILIO_TOKEN, World},
    keys::until,
    providers::{ACCOUNT_TOKEN, account, with_providers},
};

const PATH: &str = "/callbacks/twilio/status";
const PHONE: &str = "+14155552671";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A report of Twilio.
pub(crate) type Report<'r> = &'r [(&'r str, &'r str)];

const UNDELIVERED: Report<'_> =
    &[("MessageSid", "SM1"), ("MessageStatus", "undelivered"), ("ErrorCode", "30003"), ("Empty", "")];
const DELIVERED: Report<'_> = &[("MessageSid", "SM1"), ("MessageStatus", "delivered")];
const STOPPED: Report<'_> = &[("MessageStatus", "undelivered"), ("ErrorCode", "21610")];

/// Twilio's signature of a report under a token, for the address it was told.
fn signature(token: &str, url: &str, report: Report<'_>) -> String {
    let mut fields = report.to_vec();
    fields.sort_unstable();
    let signed = fields.iter().fold(url.to_owned(), |signed, (name, value)| signed + name + value);
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    STANDARD.encode(aws_lc_rs::hmac::sign(&key, signed.as_bytes()))
}

async fn report_to(node: &Doorward, path: &str, report: Report<'_>, signature: Option<&str>) -> StatusCode {
    let request = http().post(format!("{}{path}", node.url())).form(report);
    let request = signature.into_iter().fold(request, |request, value| request.header("x-twilio-signature", value));
    request.send().await.unwrap().status()
}

/// Reports as Twilio does, to the address that it was told.
pub(crate) async fn reported(node: &Doorward, token: &str, url: &str, report: Report<'_>) {
    let path = url.strip_prefix("https://auth.example.com").unwrap();
    let signed = signature(token, url, report);
    assert_eq!(report_to(node, path, report, Some(&signed)).await, StatusCode::NO_CONTENT);
}

/// What the outbox says of the code that was sent last.
fn outcome(world: &World) -> Vec<String> {
    let sql =
        "SELECT coalesce(provider, '-'), coalesce(outcome, '-') FROM outbox ORDER BY created_at DESC, id DESC LIMIT 1";
    world.postgres().select(sql).concat()
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
    Client::of(&node).member(&world, "ada@example.com", PHONE).await;
    texted(&world, PHONE, 1).await;
    let url = world.sms.messages()[0].fields["StatusCallback"].clone();
    assert!(url.starts_with("https://auth.example.com/callbacks/twilio/status/"), "{url}");
    let path = url.strip_prefix("https://auth.example.com").unwrap();

    let another = signature("another-token", &url, UNDELIVERED);
    for forged in [None, Some(""), Some("bm8="), Some(&*another)] {
        assert_eq!(report_to(&node, path, UNDELIVERED, forged).await, StatusCode::UNAUTHORIZED, "{forged:?}");
    }
    let signed = signature(TWILIO_TOKEN, &url, UNDELIVERED);
    assert_eq!(report_to(&node, PATH, UNDELIVERED, Some(&signed)).await, StatusCode::UNAUTHORIZED);
    assert_eq!(counted(&node, "twilio").await, 0);
    reported(&node, TWILIO_TOKEN, &url, UNDELIVERED).await;
    // That of a message which is nobody's.
    reported(&node, TWILIO_TOKEN, &format!("{}AAAAA", &url[..url.len() - 5]), UNDELIVERED).await;
    reported(&node, TWILIO_TOKEN, &format!("https://auth.example.com{PATH}"), UNDELIVERED).await;
    assert_eq!(counted(&node, "twilio").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_several_accounts_has_reports_of_its_own() {
    let world = World::new(Engine::Sqlite).await.with("http.public_url", "https://auth.example.com");
    let [mut first, second] = ["first", "second"].map(|name| account(name, &world.sms));
    first["auth_token"] = json!(TWILIO_TOKEN);
    let world = with_providers(world, &json!([first, second]));
    let node = world.serve().await;
    Client::of(&node).member(&world, "ada@example.com", PHONE).await;
    texted(&world, PHONE, 1).await;
    let url = world.sms.messages()[0].fields["StatusCallback"].clone();
    let token = url.strip_prefix("https://auth.example.com/callbacks/twilio/first/status/").unwrap();
    let signed = signature(TWILIO_TOKEN, &url, UNDELIVERED);

    for provider in ["second", "third"] {
        let path = format!("/callbacks/twilio/{provider}/status/{token}");
        assert_eq!(report_to(&node, &path, UNDELIVERED, Some(&signed)).await, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(report_to(&node, PATH, UNDELIVERED, Some(&signed)).await, StatusCode::UNAUTHORIZED);
    reported(&node, TWILIO_TOKEN, &url, UNDELIVERED).await;
    assert_eq!((counted(&node, "first").await, counted(&node, "second").await), (1, 0));
}

/// A world with two accounts at two stubs, and the login of a member whose code the first one took.
async fn two_accounts() -> (World, TwilioStub, Doorward, Client, String) {
    let second = TwilioStub::start().await;
    let world = World::new(Engine::Postgres).await.with("http.public_url", "https://auth.example.com");
    let providers = json!([account("first", &world.sms), account("second", &second)]);
    let world = with_providers(world, &providers);
    let node = world.serve().await;
    let client = Client::of(&node);
    client.member(&world, "ada@example.com", PHONE).await;
    let flow = client.login(PHONE, None).await;
    texted(&world, PHONE, 2).await;
    (world, second, node, client, flow)
}

fn callback(stub: &TwilioStub, place: usize) -> String {
    stub.messages_to(PHONE)[place].fields["StatusCallback"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_not_delivered_goes_to_the_second_account_once_and_reports_go_forward_only() {
    let (world, second, node, client, flow) = two_accounts().await;
    let first = callback(&world.sms, 1);

    for _ in 0..3 {
        reported(&node, ACCOUNT_TOKEN, &first, UNDELIVERED).await;
    }
    let code = second.wait_for_messages_to(PHONE, 1).await[0].code().unwrap();
    until("the second has it", async || outcome(&world) == ["second", "-"]).await;
    // What the first one says comes too late.
    reported(&node, ACCOUNT_TOKEN, &first, DELIVERED).await;
    assert_eq!(outcome(&world), ["second", "-"]);
    reported(&node, ACCOUNT_TOKEN, &callback(&second, 0), DELIVERED).await;
    reported(&node, ACCOUNT_TOKEN, &callback(&second, 0), UNDELIVERED).await;

    assert_eq!(outcome(&world), ["second", "delivered"]);
    assert_eq!(world.sms.messages_to(PHONE)[1].code().unwrap(), code);
    assert_eq!(client.enter(&flow, &code).await.status, StatusCode::OK);
    assert_eq!((world.sms.messages_to(PHONE).len(), second.messages_to(PHONE).len()), (2, 1));
    let numbers = http().get(format!("{}/metrics", node.ops())).send().await.unwrap().text().await.unwrap();
    for (provider, state) in [("first", "failed"), ("second", "delivered")] {
        let labels = format!(r#"provider="{provider}",channel="sms",country="US",state="{state}""#);
        assert!(numbers.contains(&format!("doorward_deliveries_total{{{labels}}} 1")), "{numbers}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_whom_nobody_reaches_costs_no_second_message() {
    let (world, second, node, _, _) = two_accounts().await;

    reported(&node, ACCOUNT_TOKEN, &callback(&world.sms, 1), STOPPED).await;

    assert_eq!(outcome(&world), ["first", "failed"]);
    assert_eq!(second.messages_to(PHONE).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_reports_by_signed_requests() {
    let gateway = TwilioStub::start().await;
    let http_provider = json!({ "name": "gateway", "kind": "http", "url": gateway.base_url(), "secret": SECRET });
    let world = with_providers(World::new(Engine::Postgres).await, &json!([http_provider]));
    let node = world.serve().await;
    let client = Client::of(&node);
    let flow = client.register("ada@example.com", PHONE).await;
    client.verify_email(&flow, &mailed(&world, "ada@example.com").await).await;
    client.login(PHONE, None).await;
    let sent: Value = serde_json::from_str(&gateway.wait_for_requests(1).await.remove(0).content).unwrap();
    let body = json!({ "id": sent["id"], "reference": "r-1", "status": "delivered", "more": 1 }).to_string();
    let report = async |provider: &str, secret: &str, body: &str| {
        let now = (SystemClock::default().now().as_micros() / 1_000_000).to_string();
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &key);
        let signature = aws_lc_rs::hmac::sign(&key, format!("msg_1.{now}.{body}").as_bytes());
        let request = http().post(format!("{}/callbacks/http/{provider}/status", node.url()));
        let request = request.header("content-type", "application/json").body(body.to_owned());
        let request = request.header("webhook-id", "msg_1").header("webhook-timestamp", now);
        let request = request.header("webhook-signature", format!("v1,{}", STANDARD.encode(signature)));
        request.send().await.unwrap().status()
    };

    let forged = format!("whsec_{}", STANDARD.encode([7; 32]));
    assert_eq!(report("gateway", &forged, &body).await, StatusCode::UNAUTHORIZED);
    assert_eq!(report("other", SECRET, &body).await, StatusCode::UNAUTHORIZED);
    until("it was settled", async || outcome(&world) == ["gateway", "-"]).await;
    assert_eq!(report("gateway", SECRET, &body).await, StatusCode::NO_CONTENT);

    for body in ["{}", r#"{"id":"nonsense","status":"delivered"}"#, &body.replace("delivered", "failed")] {
        assert_eq!(report("gateway", SECRET, body).await, StatusCode::NO_CONTENT, "{body}");
    }
    assert_eq!(outcome(&world), ["gateway", "delivered"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_https_nothing_is_asked_for_and_without_twilio_there_is_nothing() {
    let world = World::new(Engine::Sqlite).await;
    let node = world.serve().await;
    Client::of(&node).member(&world, "ada@example.com", "+14155552671").await;
    texted(&world, "+14155552671", 1).await;
    assert_eq!(world.sms.messages()[0].fields.get("StatusCallback"), None);
    assert_eq!(report_to(&node, PATH, UNDELIVERED, None).await, StatusCode::NO_CONTENT);

    let folder = tempfile::tempdir().unwrap();
    let dev = Doorward::dev(folder.path()).await;
    assert_eq!(report_to(&dev, PATH, UNDELIVERED, None).await, StatusCode::NOT_FOUND);
    assert_eq!(http().get(format!("{}{PATH}", dev.url())).send().await.unwrap().status(), StatusCode::NOT_FOUND);
}
