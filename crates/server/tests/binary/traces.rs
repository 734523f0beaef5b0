//! Traces, as a collector gets them.

use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::any_value::Value,
    trace::v1::{Span, span::SpanKind},
};
use prost::Message;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::{
    client::{Client, http},
    doorward::{Engine, World},
    keys::until,
    programs::free_port,
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// A collector that takes spans by OTLP over HTTP.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Span>>>);

impl Collector {
    /// Starts it; gives its endpoint, too.
    async fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let collector = Self::default();
        let taking = collector.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                taking.clone().take(stream).await;
            }
        });
        (collector, endpoint)
    }

    /// Takes one batch.
    async fn take(self, stream: TcpStream) {
        let (mut stream, mut length, mut line) = (BufReader::new(stream), 0, String::new());
        stream.read_line(&mut line).await.unwrap();
        assert_eq!(line, "POST /v1/traces HTTP/1.1\r\n");
        while line != "\r\n" {
            line.clear();
            stream.read_line(&mut line).await.unwrap();
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        let batch = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
        let spans = batch.resource_spans.into_iter().flat_map(|of_resource| of_resource.scope_spans);
        self.0.lock().unwrap().extend(spans.flat_map(|of_scope| of_scope.spans));
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        stream.write_all(answer).await.unwrap();
    }

    fn spans(&self) -> Vec<Span> {
        self.0.lock().unwrap().clone()
    }

    /// Waits for a span of that name in that trace.
    async fn wait_for(&self, name: &str, trace: &str) -> Span {
        let find = || self.spans().into_iter().find(|span| span.name == name && hex(&span.trace_id) == trace);
        until(&format!("a span {name}"), async || find().is_some()).await;
        find().unwrap()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn attribute(span: &Span, name: &str) -> Value {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == name);
    attribute.and_then(|attribute| attribute.value.clone()?.value).unwrap_or_else(|| panic!("no {name} in {span:?}"))
}

/// A call in the trace of its caller.
async fn call(client: &Client, flags: &str) {
    let parent = format!("00-{TRACE}-{PARENT}-{flags}");
    let answer = client.post_saying("traceparent", &parent, "/login", &json!({ "phone_number": PHONE })).await;
    assert_eq!(answer.status.as_u16(), 202, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_goes_on_the_trace_of_its_proxy_and_its_message_is_sent_in_it() {
    let (collector, endpoint) = Collector::start().await;
    let world = World::new(Engine::Postgres).await.with("telemetry.otlp_endpoint", &endpoint);
    let world = world.with("http.trusted_proxies", r#"["127.0.0.1"]"#);
    let node = world.serve().await;
    let client = Client::of(&node);
    client.member(&world, EMAIL, PHONE).await;

    call(&client, "01").await;

    let request = collector.wait_for("POST /login", TRACE).await;
    let send = collector.wait_for("delivery.send", TRACE).await;
    let step = collector.wait_for("postgresql flows", TRACE).await;
    assert_eq!(hex(&request.parent_span_id), PARENT);
    assert!(send.start_time_unix_nano >= request.start_time_unix_nano, "{send:?} {request:?}");
    assert_ne!(hex(&step.parent_span_id), PARENT);
    assert_eq!((request.kind(), step.kind()), (SpanKind::Server, SpanKind::Client));
    let (status, address) = (attribute(&request, "http.response.status_code"), attribute(&request, "server.address"));
    assert_eq!((status, address), (Value::IntValue(202), Value::StringValue("localhost".to_owned())));
    let told = format!("{:?}", collector.spans());
    for secret in [EMAIL, PHONE] {
        assert!(!told.contains(secret), "{secret} is in {told}");
    }
    until("the first span", async || collector.spans().iter().any(|span| span.name == "telemetry.start")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn proxies_decide_about_their_traces_and_a_setting_about_ours() {
    let (collector, endpoint) = Collector::start().await;
    let world = World::new(Engine::Sqlite).await.with("telemetry.otlp_endpoint", &endpoint);
    let world = world.with("telemetry.sample_percent", "0").with("http.trusted_proxies", r#"["127.0.0.1"]"#);
    let node = world.serve().await;
    let client = Client::of(&node);
    client.member(&world, EMAIL, PHONE).await;

    call(&client, "01").await;

    collector.wait_for("POST /login", TRACE).await;
    let others: Vec<_> = collector.spans().into_iter().filter(|span| hex(&span.trace_id) != TRACE).collect();
    assert!(others.is_empty(), "{others:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_neither_keeps_a_call_out_of_the_traces_nor_puts_it_into_another() {
    let (collector, endpoint) = Collector::start().await;
    let world = World::new(Engine::Sqlite).await.with("telemetry.otlp_endpoint", &endpoint);
    let node = world.serve().await;
    let client = Client::of(&node);
    client.member(&world, EMAIL, PHONE).await;
    let requests = || collector.spans().iter().filter(|span| span.name == "POST /login").count();
    let (before, calls) = (requests(), ["00", "01"]);

    for flags in calls {
        call(&client, flags).await;
    }

    until("their spans", async || requests() >= before + calls.len()).await;
    assert!(collector.spans().iter().all(|span| hex(&span.trace_id) != TRACE));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_collector_the_service_goes_on_and_says_so_once() {
    let endpoint = format!("http://127.0.0.1:{}", free_port());
    let world = World::new(Engine::Sqlite).await.with("telemetry.otlp_endpoint", &endpoint);
    let node = world.serve().await;

    Client::of(&node).member(&world, EMAIL, PHONE).await;

    until("dropped", async || {
        let metrics = http().get(format!("{}/metrics", node.ops())).send().await.unwrap().text().await.unwrap();
        metrics.contains("doorward_trace_spans_total{outcome=\"dropped\"}")
    })
    .await;
    assert_eq!(node.log().matches("the collector takes no traces").count(), 1, "{}", node.log());
}
