//! Several providers of a channel: whatever breaks, the code arrives.

use doorward_testkit::{
    smtp_sink::SmtpSink,
    twilio_stub::{Answer, TwilioStub},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::Instant};

use crate::{
    client::{Client, http, text},
    doorward::{Engine, World},
    keys::until,
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The auth token of every such account.
pub(crate) const ACCOUNT_TOKEN: &str = "hunter2hunter2";

/// An account at Twilio, as a list has it.
pub(crate) fn account(name: &str, stub: &TwilioStub) -> Value {
    json!({
        "name": name,
        "kind": "twilio",
        "account_sid": "AC00000000000000000000000000000001",
        "auth_token": ACCOUNT_TOKEN,
        "from": "+14155550000",
        "base_url": stub.base_url(),
    })
}

/// The same world, whose SMS go to these providers.
pub(crate) fn with_providers(world: World, providers: &Value) -> World {
    let short_form = ["twilio.account_sid", "twilio.auth_token", "twilio.from"];
    let world = short_form.into_iter().fold(world, |world, setting| world.with(setting, ""));
    world.with("sms.providers", &providers.to_string())
}

/// Makes so many members, by codes that come from the first provider.
async fn members(client: &Client, world: &World, count: usize) -> Vec<String> {
    let mut phones = Vec::new();
    for n in 0..count {
        let phone = format!("+1415555{:04}", 2000 + n);
        client.member(world, &format!("ada{n}@example.com"), &phone).await;
        phones.push(phone);
    }
    phones
}

async fn a_revoked_token(engine: Engine) {
    let second = TwilioStub::start().await;
    let world = World::new(engine).await;
    let providers = json!([account("first", &world.sms), account("second", &second)]);
    let world = with_providers(world, &providers);
    let node = world.serve().await;
    let client = Client::of(&node);
    let phones = members(&client, &world, 8).await;
    assert!(second.requests().is_empty());

    // In the middle of a storm of logins the token is rotated.
    let mut storm = JoinSet::new();
    let mut revoked_at = None;
    for (n, phone) in phones.iter().cloned().enumerate() {
        if n == phones.len() / 2 {
            world.sms.answer_always(Answer::failure(401, 20003));
            revoked_at = Some(Instant::now());
        }
        let client = client.clone();
        storm.spawn(async move { (client.login(&phone, None).await, phone) });
    }
    let flows = storm.join_all().await;
    second.wait_for_requests(1).await;
    eprintln!("the second provider has a code {:?} after the token was revoked", revoked_at.unwrap().elapsed());
    for (flow, phone) in flows {
        let code = tokio::select! {
            sms = world.sms.wait_for_messages_to(&phone, 2) => sms[1].code(),
            sms = second.wait_for_messages_to(&phone, 1) => sms[0].code(),
        };
        let code = code.unwrap();
        let answer = client.enter(&flow, &code).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        // The first provider was offered the very same code, if it was offered any.
        let mut refused = world.sms.requests().into_iter().filter(|sms| sms.status == 401 && sms.to == phone);
        assert!(refused.all(|sms| sms.code().as_ref() == Some(&code)));
    }

    // It is left alone from now on, and nothing is lost.
    let (asked, taken) = (world.sms.requests().len(), second.messages_to(&phones[0]).len());
    assert!(world.sms.requests().iter().any(|sms| sms.status == 401));
    let flow = client.login(&phones[0], None).await;
    let code = second.wait_for_messages_to(&phones[0], taken + 1).await[taken].code().unwrap();
    assert_eq!(client.enter(&flow, &code).await.status, StatusCode::OK);
    assert_eq!(world.sms.requests().len(), asked);
    assert_eq!(world.ask(&["outbox", "list", "--dead"]), json!({ "messages": [], "more": false }));
    assert!(node.log().contains("a provider is left alone"), "{}", node.log());
    assert!(!node.log().contains("hunter2"), "{}", node.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_revoked_in_mid_run_loses_no_code_on_postgres() {
    a_revoked_token(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_revoked_in_mid_run_loses_no_code_on_sqlite() {
    a_revoked_token(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_entered_counts_for_the_provider_that_took_it_last() {
    let second = TwilioStub::start().await;
    let world = World::new(Engine::Sqlite).await;
    let providers = json!([account("first", &world.sms), account("second", &second)]);
    let world = with_providers(world, &providers);
    let node = world.serve().await;
    let client = Client::of(&node);
    client.member(&world, EMAIL, PHONE).await;
    world.sms.answer_always(Answer::failure(401, 20003));
    for sms in 1..=3 {
        let flow = client.login(PHONE, None).await;
        let code = second.wait_for_messages_to(PHONE, sms).await.pop().unwrap().code().unwrap();
        if sms < 3 {
            assert_eq!(client.enter(&flow, &code).await.status, StatusCode::OK);
        }
    }

    let counted = async |provider: &str, state: &str| {
        let text = http().get(format!("{}/metrics", node.ops())).send().await.unwrap().text().await.unwrap();
        let labels = format!("provider=\"{provider}\",channel=\"sms\",country=\"US\",state=\"{state}\"");
        let line = format!("doorward_deliveries_total{{{labels}}} ");
        text.lines().find_map(|found| found.strip_prefix(&line)).map_or(0, |count| count.parse().unwrap())
    };
    until("they are counted", async || counted("second", "entered").await == 2).await;
    assert_eq!((counted("first", "sent").await, counted("first", "entered").await), (1, 1));
    assert_eq!(counted("second", "sent").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_takes_what_an_account_does_not_send() {
    let gateway = TwilioStub::start().await;
    let world = World::new(Engine::Sqlite).await;
    let http = json!({ "name": "gateway", "kind": "http", "url": gateway.base_url(), "secret": SECRET });
    let providers = json!([account("first", &world.sms), http]);
    let world = with_providers(world, &providers);
    let node = world.serve().await;
    let client = Client::of(&node);
    client.member(&world, EMAIL, PHONE).await;
    world.sms.answer_always(Answer::failure(403, 21408));

    let flow = client.login(PHONE, None).await;

    let request = gateway.wait_for_requests(1).await.remove(0);
    let sent: Value = serde_json::from_str(&request.content).unwrap();
    assert_eq!((&sent["to"], &sent["purpose"]), (&json!(PHONE), &json!("login")));
    assert!(request.headers["webhook-signature"].starts_with("v1,"));
    assert_eq!(client.enter(&flow, &text(&sent, "code")).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_relay_carries_the_mail_of_one_that_refuses_the_password() {
    let world = World::new(Engine::Sqlite).await;
    let first = SmtpSink::start().await;
    first.refuse_next_at("AUTH", 100, "535 5.7.8 wrong password");
    let relay = |name: &str, url: String| json!({ "name": name, "kind": "smtp", "url": url });
    let providers =
        json!([relay("first", format!("smtp://user:password@{}", first.address())), relay("second", world.mail.url())]);
    let world = world.with("smtp.url", "").with("mail.providers", &providers.to_string());
    let node = world.serve().await;
    let client = Client::of(&node);

    client.member(&world, EMAIL, PHONE).await;

    assert!(first.mails().is_empty());
    assert_eq!(world.ask(&["outbox", "list", "--dead"]), json!({ "messages": [], "more": false }));
}
