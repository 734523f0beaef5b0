//! The log: its lines, an output that nobody reads, and a clock that is wrong.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Stdio},
};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Client, http},
    doorward::{Doorward, Engine, World},
    keys::until,
};

/// A process of the service whose log is read to the line that it serves, and no further.
struct Unread {
    child: Child,
    /// The unread rest; without it there is no reader.
    _out: Option<BufReader<ChildStdout>>,
    ops: String,
    client: Client,
}

impl Unread {
    fn start(world: &World) -> Self {
        let mut command = world.serving();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stderr.take());
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("\"serving\"") {
            line.clear();
            assert!(out.read_line(&mut line).unwrap() > 0, "doorward did not start");
        }
        let event: Value = serde_json::from_str(&line).unwrap();
        let url = |listener: &str| format!("http://{}", event[listener].as_str().unwrap());
        let (client, ops) = (Client::at(url("http.listen")), url("http.ops_listen"));
        Self { child, _out: Some(out), ops, client }
    }

    /// Calls until lines are lost, every call being answered.
    async fn call_until_lines_are_lost(&self) {
        let metrics = format!("{}/metrics", self.ops);
        until("lines lost", async || {
            for _ in 0..50 {
                assert_eq!(self.client.get(&format!("{}/livez", self.ops)).await, StatusCode::OK);
                assert_eq!(self.client.get_as("no.such.token", "/me").await.status, StatusCode::UNAUTHORIZED);
            }
            let text = http().get(&metrics).send().await.unwrap().text().await.unwrap();
            text.lines().any(|line| line.starts_with("doorward_log_lines_lost_total ") && !line.ends_with(" 0"))
        })
        .await;
    }

    fn terminate(&mut self) -> bool {
        let pid = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap().success()
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_whose_reader_is_gone_costs_lines_and_no_call() {
    let world = World::new(Engine::Sqlite).await.with("log.level", "trace");
    let mut node = Unread::start(&world);

    node.call_until_lines_are_lost().await;

    assert!(node.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_whose_reader_stalls_costs_lines_and_no_call() {
    let world = World::new(Engine::Sqlite).await.with("log.level", "trace");
    let mut node = Unread::start(&world);

    node.call_until_lines_are_lost().await;

    assert!(node.terminate());
}

/// Lets the database's clock run ten minutes ahead.
const AHEAD: &str = "CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql \
    AS $$ SELECT pg_catalog.clock_timestamp() + interval '10 minutes' $$; \
    DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$";

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_whose_clock_is_ten_minutes_off_is_told_of_and_stays_ready() {
    let world = World::new(Engine::Postgres).await;
    world.execute(AHEAD);
    let node = world.serve().await;
    let client = Client::of(&node);

    let ready = client.get(&format!("{}/readyz", node.ops())).await;
    let metrics = reqwest::get(format!("{}/metrics", node.ops())).await.unwrap().text().await.unwrap();

    assert_eq!(ready, StatusCode::OK);
    let offset = metrics.lines().find_map(|line| line.strip_prefix("doorward_clock_offset_seconds ")).unwrap();
    assert!((590.0..610.0).contains(&offset.parse::<f64>().unwrap()), "{offset}");
    assert!(node.log().contains("the clock of this machine is not the database's"), "{}", node.log());
}

/// The lines of the log that are events, once the process has written all of them.
fn events(mut node: Doorward) -> Vec<Value> {
    assert!(node.terminate());
    node.log().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The names of the span that ends here and of those around it, outermost first.
fn ended(event: &Value) -> Vec<&str> {
    let around = event["spans"].as_array().into_iter().flatten();
    around.chain([&event["span"]]).map(|span| span["name"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_one_line_with_its_route_status_latency_and_id() {
    let world = World::new(Engine::Sqlite).await;
    let node = world.serve().await;
    let client = Client::of(&node);

    client.register("ada@example.com", "+14155552671").await;
    let refused = client.post("/verify_email", &json!({ "flow_token": "none", "otp": "123456" })).await;
    client.get(&format!("{}/no/such/page", node.url())).await;

    let lines = events(node).into_iter().filter(|event| event["span"].is_object());
    let told = lines.map(|line| {
        assert!(line["elapsed_us"].as_u64().is_some_and(|elapsed| elapsed > 0), "{line}");
        assert!(line["span"]["request_id"].as_str().is_some_and(|id| id.len() > 8), "{line}");
        json!([line["level"], line["message"], line["span"]["http.route"], line["http.response.status_code"]])
    });
    let refused = refused.status.as_u16();
    let expected = json!([
        ["INFO", "answered", "/register", 202],
        ["INFO", "answered", "/verify_email", refused],
        ["INFO", "answered", null, 404],
    ]);
    assert_eq!(told.collect::<Value>(), expected);
}

async fn steps_are_told_at_debug(engine: Engine) {
    let world = World::new(engine).await.with("log.level", "debug");
    let node = world.serve().await;

    Client::of(&node).register("ada@example.com", "+14155552671").await;

    let events = events(node);
    let close = |path: &[&str]| {
        let found = events.iter().find(|event| event["message"] == "close" && ended(event) == path);
        found.unwrap_or_else(|| panic!("no {path:?} ends in {events:#?}"))
    };
    let used = close(&["http.request", "registration.request"]);
    let step = close(&["http.request", "registration.request", "db.step"]);
    assert!(used["time.busy"].is_string() && step["time.busy"].is_string(), "{used} {step}");
    let file = step["span"]["code.file.path"].as_str().unwrap();
    assert!(file.starts_with("crates/store-") && step["span"]["code.line.number"].is_u64(), "{step}");
    assert!(!events.iter().any(|event| event["message"] == "close" && ended(event) == ["http.request"]));
    let text = serde_json::to_string(&events).unwrap();
    assert!(!text.contains("ada@example") && !text.contains("4155552671") && !text.contains("Lovelace"));
}

#[tokio::test(flavor = "multi_thread")]
async fn at_debug_use_cases_and_steps_of_postgres_are_told_with_their_time() {
    steps_are_told_at_debug(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_debug_use_cases_and_steps_of_sqlite_are_told_with_their_time() {
    steps_are_told_at_debug(Engine::Sqlite).await;
}
