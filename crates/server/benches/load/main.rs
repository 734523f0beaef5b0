//! The load bench: flows per second, as ratios against what the same machine does without the service.
//!
//! `cargo bench -p doorward-server --bench load -- [--clients 16] [--seconds 5] [postgres] [sqlite]`;
//! docs/performance.md lists the options and says how to read it. Clients, service, database and providers share the
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

mod bench;
mod codes;
mod database;
#[allow(dead_code, reason = "the tests need more of it")]
#[path = "../../tests/binary/doorward.rs"]
mod doorward;
mod enumeration;
mod fill;
mod floors;
mod flows;
mod mail;
mod measure;
mod meter;
mod person;
mod plan;
mod process;
mod random;
mod report;
mod running;
mod sms;
mod stages;
mod storm;
mod table;
mod worlds;

use bench::Bench;
use plan::Plan;
use report::{Fact, Report};
use stages::Stage;

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
    let mut report = Report::new(plan.clients, plan.time.as_secs());
    let value = worlds::dev().await.as_secs_f64() * 1000.0;
    let (engine, stage, name) = ("SQLite", Stage::Plain.to_string(), "first answer of `dev` from nothing");
    report.note(Fact { engine, stage, name, value, unit: "ms" });
    for engine in &plan.engines {
        Bench::new(&plan, *engine, &mut report).await.run().await;
    }
    if let Some(file) = &plan.json {
        report.write(file);
    }
    if plan.is_markdown {
        println!("{}", table::markdown(&report));
    }
}
