//! What the service does per second, as ratios against what the same machine does without it.
//!
//! `cargo bench -p doorward-server --bench load -- [--clients 16] [--seconds 5] [postgres] [sqlite]`;
//! docs/performance.md says how to read it. `--enumeration 500` makes so many pairs of calls in place of that, and
//! tells whether time tells who has an account. Clients, service, database and providers share the
//! machine, so only ratios of one run mean anything.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a benchmark that cannot go on must fail at once; its numbers are for people"
)]

#[allow(dead_code, reason = "the tests need more of it")]
#[path = "../../tests/binary/doorward.rs"]
mod doorward;
mod enumeration;
mod floors;
mod flows;
mod measure;
mod person;
mod process;
mod sms;
mod worlds;

use std::time::Duration;

use doorward::Engine;
use flows::{Login, PasswordStep, Refresh, SessionCheck};
use measure::{Measured, measure};
use person::Person;
use process::Process;

/// How much is asked for at once, for how long, and of what.
#[derive(Clone, Debug)]
struct Plan {
    clients: usize,
    time: Duration,
    /// Pairs of calls to measure in place of rates.
    pairs: Option<usize>,
    engines: Vec<Engine>,
}

impl Plan {
    /// Reads the arguments; cargo adds `--bench`.
    fn of(arguments: impl Iterator<Item = String>) -> Self {
        let mut plan = Self { clients: 16, time: Duration::from_secs(5), pairs: None, engines: Vec::new() };
        let mut arguments = arguments.filter(|argument| argument != "--bench");
        while let Some(argument) = arguments.next() {
            let mut number = || arguments.next().and_then(|text| text.parse().ok()).expect("a number must follow");
            match argument.as_str() {
                "--clients" => plan.clients = usize::try_from(number()).expect("so many clients"),
                "--enumeration" => plan.pairs = Some(usize::try_from(number()).expect("so many pairs")),
                "--seconds" => plan.time = Duration::from_secs(number()),
                "postgres" => plan.engines.push(Engine::Postgres),
                "sqlite" => plan.engines.push(Engine::Sqlite),
                other => panic!("{other} is none of --clients N, --seconds N, --enumeration PAIRS, postgres, sqlite"),
            }
        }
        if plan.engines.is_empty() {
            plan.engines = vec![Engine::Postgres, Engine::Sqlite];
        }
        plan
    }
}

#[tokio::main]
async fn main() {
    doorward_testkit::postgres::make_durable();
    let plan = Plan::of(std::env::args().skip(1));
    if let Some(pairs) = plan.pairs {
        for engine in &plan.engines {
            enumeration::run(*engine, pairs).await;
        }
        return;
    }
    println!("{} clients, {} s a row", plan.clients, plan.time.as_secs());
    for engine in &plan.engines {
        bench(&plan, *engine).await;
    }
    println!("\npassword hashes alone");
    row("argon2id", &floors::hashes(&plan).await, None);
}

async fn bench(plan: &Plan, engine: Engine) {
    println!("\n{engine:?}");
    let codes = sms::Codes::default();
    let world = worlds::wide(engine, &sms::serve(codes.clone()).await).await;
    let (node, cold) = worlds::start(&world).await;
    drop(node);
    let (node, warm) = worlds::start(&world).await;
    let process = Process::of(node.pid());
    println!("first answer after {} ms on a new database, {} ms on an old one", cold.as_millis(), warm.as_millis());
    println!("memory idle {} MB", process.memory_mb());
    let people = Person::all(&world, node.url(), &codes, plan.clients).await;
    if engine == Engine::Postgres {
        row("floor: read by key", &floors::reads(&world, plan).await, None);
    }
    run("session check", people.iter().cloned().map(SessionCheck::new).collect(), plan, &process).await;
    if engine == Engine::Postgres {
        row("floor: one guarded update", &floors::updates(&world, plan, 1).await, None);
    }
    run("refresh", people.iter().cloned().map(Refresh::new).collect(), plan, &process).await;
    if engine == Engine::Postgres {
        row("floor: two guarded updates", &floors::updates(&world, plan, 2).await, None);
    }
    run("phone login", people.iter().map(|person| Login::new(person, &codes)).collect(), plan, &process).await;
    run("password step", people.into_iter().map(PasswordStep::new).collect(), plan, &process).await;
    println!("memory after that {} MB", process.memory_mb());
}

/// Measures a flow and what it costs the service's process.
async fn run<F: flows::Flow>(name: &str, clients: Vec<F>, plan: &Plan, process: &Process) {
    let before = process.cpu();
    let measured = measure(clients, plan.time).await;
    row(name, &measured, process.cpu().checked_sub(before));
}

fn row(name: &str, measured: &Measured, cpu: Option<Duration>) {
    let each = cpu.map(|cpu| cpu.as_secs_f64() * 1000.0 / measured.count() as f64);
    let each = each.map_or_else(String::new, |each| format!("{each:.2} ms CPU each"));
    let (p50, p99) = (measured.quantile(0.5).as_secs_f64() * 1000.0, measured.quantile(0.99).as_secs_f64() * 1000.0);
    println!("{name:<28}{:>9.0}/s   p50 {p50:>7.2} ms   p99 {p99:>7.2} ms   {each}", measured.rate());
}
