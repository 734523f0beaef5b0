//! Codes by calls and by WhatsApp, to a number whose owner asks for them so.

use doorward_testkit::twilio_stub::{Answer as Scripted, Sms, TwilioStub};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Client},
    doorward::{Doorward, Engine, TWILIO_TOKEN, World},
    providers::{account, with_providers},
    reports::reported,
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
/// Nobody's number.
const NO_PHONE: &str = "+14155559971";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn world(engine: Engine) -> World {
    World::new(engine).await.with("otp.resend_after", r#"["0s"]"#)
}

/// A node, somebody with an account there, and a flow of theirs whose code went by SMS.
async fn login(world: &World) -> (Doorward, Client, String) {
    let node = world.serve().await;
    let client = Client::of(&node);
    client.member(world, EMAIL, PHONE).await;
    let flow = client.login(PHONE, None).await;
    world.sms.wait_for_messages_to(PHONE, 2).await;
    (node, client, flow)
}

async fn resend(client: &Client, flow: &str, channel: &str) -> Answer {
    client.post("/resend_otp", &json!({ "flow_token": flow, "channel": channel })).await
}

async fn called(stub: &TwilioStub) -> Sms {
    stub.wait_for_message(|call| call.path.ends_with("/Calls.json")).await
}

/// The digits that a call says.
fn said(call: &Sms) -> String {
    call.fields["Twiml"].split('.').nth(1).unwrap().chars().filter(char::is_ascii_digit).collect()
}

async fn a_call(engine: Engine) {
    let world = world(engine).await.with("voice.allowed_countries", r#"["US"]"#);
    let (_node, client, flow) = login(&world).await;

    let answer = resend(&client, &flow, "voice").await;

    assert_eq!((answer.status, &answer.body["channel"]), (StatusCode::ACCEPTED, &json!("voice")), "{answer:?}");
    let call = called(&world.sms).await;
    assert_eq!((&*call.to, &*call.from, call.fields.get("Body")), (PHONE, "+14155550000", None));
    assert_eq!(
        call.fields["Twiml"].matches("<Say language=\"en-US\">This is Doorward. Your code to log in is ").count(),
        2
    );
    let code = said(&call);
    assert_eq!(world.sms.messages_to(PHONE)[1].code().unwrap(), code);
    assert_eq!(client.enter(&flow, &code).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_says_the_code_on_postgres() {
    a_call(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_says_the_code_on_sqlite() {
    a_call(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_nobody_set_up_is_refused_whoever_has_the_number() {
    let world = world(Engine::Sqlite).await;
    let (_node, client, flow) = login(&world).await;
    let nobodys = client.login(NO_PHONE, None).await;

    for channel in ["voice", "whatsapp"] {
        for flow in [&flow, &nobodys] {
            let answer = resend(&client, flow, channel).await;

            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
            assert_eq!(
                (&answer.body["code"], &answer.body["errors"][0]["field"]),
                (&json!("invalid"), &json!("channel"))
            );
        }
    }
    assert_eq!(world.sms.messages().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_nobody_takes_has_failed_and_one_that_is_taken_has_arrived() {
    let world = world(Engine::Postgres).await.with("voice.allowed_countries", r#"["US"]"#);
    let world = world.with("http.public_url", "https://auth.example.com").with("delivery.outcomes", "everyone");
    let (node, client, flow) = login(&world).await;
    let sms = world.sms.messages().len();

    for (n, (status, delivery)) in (1..).zip([("no-answer", "failed"), ("completed", "delivered")]) {
        assert_eq!(resend(&client, &flow, "voice").await.status, StatusCode::ACCEPTED);
        let url = world.sms.wait_for(sms + n).await.pop().unwrap().fields["StatusCallback"].clone();
        assert!(url.starts_with("https://auth.example.com/callbacks/twilio/twilio-voice/status/"), "{url}");

        reported(&node, TWILIO_TOKEN, &url, &[("CallSid", "CA1"), ("CallStatus", status)]).await;

        let shown = client.post("/flow", &json!({ "flow_token": flow })).await;
        assert_eq!((&shown.body["channel"], &shown.body["delivery"]), (&json!("voice"), &json!(delivery)));
    }
    assert_eq!(world.sms.requests().len(), sms + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatsapp_sends_the_code_in_a_template_and_falls_back_for_nobody_who_chose_it() {
    let world = world(Engine::Postgres).await;
    let mut provider = account("first", &world.sms);
    provider["channels"] = json!(["sms", "whatsapp"]);
    provider["whatsapp_from"] = json!("+14155550001");
    provider["content_sids"] = json!({ "en": "HX1", "de": "HX2" });
    let world = with_providers(world, &json!([provider]));
    let (_node, client, flow) = login(&world).await;
    let code = world.sms.messages_to(PHONE)[1].code().unwrap();

    let answer = resend(&client, &flow, "whatsapp").await;

    assert_eq!((answer.status, &answer.body["channel"]), (StatusCode::ACCEPTED, &json!("whatsapp")), "{answer:?}");
    let sent = world.sms.wait_for_message(|sms| sms.to == format!("whatsapp:{PHONE}")).await;
    assert_eq!((&*sent.from, sent.fields.get("Body")), ("whatsapp:+14155550001", None));
    assert_eq!(sent.fields["ContentSid"], "HX1");
    assert_eq!(sent.fields["ContentVariables"], format!(r#"{{"1":"{code}"}}"#));

    world.sms.answer_next([Scripted::failure(400, 63024)]);
    assert_eq!(resend(&client, &flow, "whatsapp").await.status, StatusCode::ACCEPTED);
    world.sms.wait_for_requests(4).await;
    crate::keys::until("it is given up", async || {
        world.ask(&["outbox", "list", "--dead"])["messages"][0]["channel"] == json!("whatsapp")
    })
    .await;
    assert_eq!(world.sms.messages_to(PHONE).len(), 2);
    assert_eq!(client.enter(&flow, &code).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_is_told_the_channel() {
    let gateway = TwilioStub::start().await;
    let world = world(Engine::Sqlite).await.with("voice.allowed_countries", r#"["US"]"#);
    let calls = json!({ "name": "gateway", "kind": "http", "url": gateway.base_url(), "secret": SECRET, "channels": ["voice"] });
    let providers = json!([account("first", &world.sms), calls]);
    let world = with_providers(world, &providers);
    let (_node, client, flow) = login(&world).await;

    assert_eq!(resend(&client, &flow, "voice").await.status, StatusCode::ACCEPTED);

    let sent: Value = serde_json::from_str(&gateway.wait_for_requests(1).await.remove(0).content).unwrap();
    assert_eq!((&sent["channel"], &sent["to"]), (&json!("voice"), &json!(PHONE)));
    assert_eq!(client.enter(&flow, sent["code"].as_str().unwrap()).await.status, StatusCode::OK);
}
