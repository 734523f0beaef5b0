//! The gateways of the manual, each between the service and a stand-in for its provider.

use std::{
    fs,
    process::{Child, Command, Stdio},
};

use doorward_testkit::twilio_stub::{Answer, Sms, TwilioStub};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    client::{Client, mailed, text},
    doorward::{Doorward, Engine, World},
    keys::until,
    programs::{answers, find, free_port},
    providers::with_providers,
};

const PAGE: &str = include_str!("../../../../docs/gateways.md");
const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A gateway of the manual; it ends with this value.
struct Gateway {
    child: Child,
    port: u16,
    _folder: TempDir,
}

/// A provider, with what differs from one to the other.
struct Case {
    name: &'static str,
    environment: &'static [(&'static str, &'static str)],
    /// The provider's answer to a message that it takes.
    taken: (u16, &'static str),
    /// The same, where the account may not send.
    refused: (u16, &'static str),
}

impl Gateway {
    async fn start(case: &Case, provider: &TwilioStub) -> Option<Self> {
        let program = find("python3")?;
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        fs::write(folder.path().join("gateway.py"), program_of("frame")).unwrap();
        fs::write(folder.path().join("send.py"), program_of(case.name)).unwrap();
        let mut command = Command::new(program);
        command.arg("gateway.py").current_dir(folder.path());
        command.env("GATEWAY_SECRET", SECRET).env("GATEWAY_PORT", port.to_string()).env("SENDER", "Example");
        command.env("PROVIDER_URL", provider.base_url()).envs(case.environment.iter().copied());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        answers(port).await;
        Some(Self { child, port, _folder: folder })
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program_of(name: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("<!-- gateway: {name} -->\n\n```python\n")).unwrap();
    rest.split_once("```").unwrap().0
}

/// Registers and asks for a code by SMS; the flow it is for.
async fn asked(node: &Doorward, world: &World) -> String {
    let client = Client::of(node);
    let flow = client.register(EMAIL, PHONE).await;
    let registered = client.verify_email(&flow, &mailed(world, EMAIL).await).await;
    client.login(PHONE, Some(&text(&registered.body, "flow_token"))).await
}

/// The code of a login goes through the gateway and counts; what the provider got is given back.
async fn passes_on(case: &Case) -> Option<Sms> {
    let provider = TwilioStub::start().await;
    let answer = |(status, body): (u16, &str)| Answer { status, body: body.to_owned(), ..Answer::taken() };
    provider.answer_always(answer(case.taken));
    let gateway = Gateway::start(case, &provider).await?;
    let url = format!("http://127.0.0.1:{}/", gateway.port);
    let providers = json!([{ "name": "gateway", "kind": "http", "url": url, "secret": SECRET }]);
    let world = with_providers(World::new(Engine::Sqlite).await, &providers);
    let node = world.serve().await;
    let client = Client::of(&node);
    let flow = asked(&node, &world).await;

    let taken = provider.wait_for_requests(1).await.remove(0);
    let code = code_of(&taken);
    assert_eq!(client.enter(&flow, &code).await.status, StatusCode::OK);

    provider.answer_always(answer(case.refused));
    client.login(PHONE, None).await;
    until("the gateway says that the account does not send", async || {
        let listed = world.ask(&["outbox", "list"]);
        let reasons = listed["messages"].as_array().unwrap().iter().filter_map(|message| message["reason"].as_str());
        reasons.into_iter().any(|reason| reason.contains("gateway: the provider does not send for this account"))
    })
    .await;
    Some(taken)
}

/// The code in the text, which is a member of JSON or a field of a form.
fn code_of(request: &Sms) -> String {
    let text = request.fields.get("text").cloned().or_else(|| {
        let json: Value = serde_json::from_str(&request.content).ok()?;
        json.get("text").or(json.get("body")).and_then(Value::as_str).map(str::to_owned)
    });
    text.unwrap().split(' ').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_to_vonage_passes_codes_on() {
    let case = Case {
        name: "vonage",
        environment: &[("VONAGE_KEY", "the-key"), ("VONAGE_SECRET", "the-secret")],
        taken: (200, r#"{"messages":[{"status":"0","message-id":"0A0000000123ABCD1"}]}"#),
        refused: (200, r#"{"messages":[{"status":"4","error-text":"Bad Credentials"}]}"#),
    };

    let Some(request) = passes_on(&case).await else { return };

    assert_eq!(request.path, "/sms/json");
    let field = |name: &str| request.fields[name].as_str();
    assert_eq!((field("api_key"), field("api_secret")), ("the-key", "the-secret"));
    assert_eq!((field("to"), field("from")), ("14155552671", "Example"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_to_sinch_passes_codes_on() {
    let case = Case {
        name: "sinch",
        environment: &[("SINCH_PLAN", "plan"), ("SINCH_TOKEN", "the-token")],
        taken: (201, r#"{"id":"01FC66621XXXXX119Z8PMV1QPQ"}"#),
        refused: (401, "{}"),
    };

    let Some(request) = passes_on(&case).await else { return };

    assert_eq!(request.path, "/xms/v1/plan/batches");
    assert_eq!(request.headers["authorization"], "Bearer the-token");
    let batch: Value = serde_json::from_str(&request.content).unwrap();
    assert_eq!((&batch["to"], &batch["from"]), (&json!([PHONE]), &json!("Example")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_to_plivo_passes_codes_on() {
    let case = Case {
        name: "plivo",
        environment: &[("PLIVO_ID", "MA1"), ("PLIVO_TOKEN", "the-token")],
        taken: (202, r#"{"message_uuid":["db3ce55a-7f1d-11e1-8ea7-1231380bc196"]}"#),
        refused: (401, "{}"),
    };

    let Some(request) = passes_on(&case).await else { return };

    assert_eq!(request.path, "/v1/Account/MA1/Message/");
    assert_eq!(request.auth, "MA1:the-token");
    let sms: Value = serde_json::from_str(&request.content).unwrap();
    assert_eq!((&sms["dst"], &sms["src"]), (&json!(PHONE), &json!("Example")));
}
