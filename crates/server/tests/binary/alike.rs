//! Calls for somebody and for nobody cost the same, statement by statement and by the server's own books:
//! whatever differs, a clock can see.

use std::{collections::BTreeMap, time::Duration};

use doorward_testkit::postgres::Recorder;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    client::{Client, text},
    costs::is_of_a_call,
    doorward::{Engine, World},
    strangers::registration,
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
const NO_EMAIL: &str = "alan@example.com";
const NO_PHONE: &str = "+14155559971";
const CALLS: usize = 16;

/// The rows that were inserted, updated and deleted in what starts write to.
const ROWS: &str = "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables \
    WHERE relname IN ('challenges', 'registration_drafts', 'outbox', 'audit_events') ORDER BY relname";

/// The statements and books of one run of the process.
struct Life {
    /// The rows that were inserted, updated and deleted, table by table.
    rows: Vec<Vec<i64>>,
    /// How often each statement was asked by calls.
    statements: BTreeMap<String, usize>,
}

/// Postgres with limits that are on and never met; what all nodes share is off, as only what is sent takes from it.
async fn world(limits: &str) -> World {
    let mut world = World::new(Engine::Postgres).await.limited().with("delivery.poll", "60s");
    for limit in ["ip_credentials", "ip_sends", "ip_registrations", "net_sends", "sms", "email"] {
        world = world.with(&format!("limits.{limit}"), limits);
    }
    for limit in ["sms_prefix", "sms_country", "sms_budget", "email_budget", "sms_rate", "email_rate"] {
        world = world.with(&format!("limits.{limit}"), "off");
    }
    let world = world.with("otp.resend_after", r#"["0s"]"#);
    let mut doorward = world.serve().await;
    Client::of(&doorward).member(&world, EMAIL, PHONE).await;
    assert!(doorward.terminate());
    world
}

/// The counters, complete once nobody is connected any more.
fn rows(world: &World) -> Vec<Vec<i64>> {
    let database = world.postgres();
    database.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    let number = |text: &String| text.parse::<i64>().unwrap();
    database.select(ROWS).iter().map(|row| row[1..].iter().map(number).collect()).collect()
}

/// A life of the process in which somebody calls so often, and then there with each flow.
async fn life(world: &World, recorder: &Recorder, path: &str, body: &Value, then: &[&str]) -> Life {
    let before = rows(world);
    let mut doorward = world.serve().await;
    let (client, mark) = (Client::of(&doorward), recorder.mark());
    for _ in 0..CALLS {
        let flow = client.post(path, body).await;
        assert_eq!(flow.status, StatusCode::ACCEPTED, "{flow:?}");
        for path in then {
            let answer = client.post(path, &json!({ "flow_token": text(&flow.body, "flow_token") })).await;
            assert!(answer.status.is_success(), "{answer:?}");
        }
    }
    let mut statements = BTreeMap::new();
    for statement in recorder.since(mark).into_iter().filter(|statement| is_of_a_call(&statement.sql)) {
        *statements.entry(statement.sql).or_default() += 1;
    }
    // What was written for the workers is theirs to settle.
    while world.postgres().select("SELECT id FROM outbox WHERE next_try_at IS NOT NULL LIMIT 1")
        != Vec::<Vec<String>>::new()
    {
        sleep(Duration::from_millis(50)).await;
    }
    assert!(doorward.terminate());
    let added = |(after, before): (&Vec<i64>, &Vec<i64>)| after.iter().zip(before).map(|(a, b)| a - b).collect();
    Life { rows: rows(world).iter().zip(&before).map(added).collect(), statements }
}

async fn are_alike(limits: &str, path: &str, [known, unknown]: [Value; 2], then: &[&str]) {
    let world = world(limits).await;
    let recorder = Recorder::start(world.postgres()).await;
    let world = world.with("database.url", recorder.url());
    // The first life of each makes what later ones find.
    for body in [&known, &unknown] {
        life(&world, &recorder, path, body, then).await;
    }

    let somebody = life(&world, &recorder, path, &known, then).await;
    let nobody = life(&world, &recorder, path, &unknown, then).await;

    assert_eq!(somebody.rows, nobody.rows);
    assert!(somebody.rows.iter().any(|row| row[0] >= i64::try_from(CALLS).unwrap()), "{:?}", somebody.rows);
    let asked = |life: &Life, sql: &String| life.statements.get(sql).copied().unwrap_or(0);
    for sql in somebody.statements.keys().chain(nobody.statements.keys()) {
        // What a worker looks up anew is in there, too, and is far from a statement a call.
        let (of_somebody, of_nobody) = (asked(&somebody, sql), asked(&nobody, sql));
        assert!(of_somebody.abs_diff(of_nobody) < CALLS / 2, "{of_somebody} and {of_nobody} times {sql}");
    }
    assert!(somebody.statements.values().any(|asked| *asked >= CALLS));
}

const WIDE: &str = "1000000/1s";

fn numbers() -> [Value; 2] {
    [PHONE, NO_PHONE].map(|number| json!({ "phone_number": number, "carrier": "token" }))
}

fn addresses() -> [Value; 2] {
    [EMAIL, NO_EMAIL].map(|email| json!({ "email": email, "carrier": "token" }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_by_number_writes_as_much_for_nobody() {
    are_alike(WIDE, "/login", numbers(), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_by_number_writes_as_much_for_nobody_where_limits_are_off() {
    are_alike("off", "/login", numbers(), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_writes_as_much_for_nobody() {
    are_alike(WIDE, "/forgot_password", addresses(), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_writes_as_much_for_a_taken_address() {
    are_alike(WIDE, "/register", [EMAIL, NO_EMAIL].map(|email| registration(email, "+14155552672")), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_sent_again_writes_as_much_for_nobody() {
    are_alike(WIDE, "/login", numbers(), &["/resend_otp"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_that_is_looked_at_reads_as_much_for_nobody() {
    are_alike(WIDE, "/login", numbers(), &["/flow"]).await;
}
