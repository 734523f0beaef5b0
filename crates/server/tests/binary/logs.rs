//! A log that nobody reads, and a clock that is wrong.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Stdio},
};

use reqwest::StatusCode;

use crate::{
    client::Client,
    doorward::{Engine, World},
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
        let event: serde_json::Value = serde_json::from_str(&line).unwrap();
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
            let text = reqwest::get(&metrics).await.unwrap().text().await.unwrap();
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
