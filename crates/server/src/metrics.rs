//! The numbers of this process, as operators scrape them; `docs/metrics.md` lists them.

use anyhow::Context;
use doorward_http::Metrics;
use metrics::{Unit, describe_gauge, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::{
    telemetry::{describe_losses, describe_traces},
    wiring::{Database, describe_hashes},
};

const BUILD: &str = "doorward_build_info";
const CLOCK: &str = "doorward_clock_offset_seconds";
const CONNECTIONS: &str = "doorward_database_connections";
const WAITING: &str = "doorward_database_waiting";

/// From 1 ms to 10 s: what answers and hashes take.
const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// From 100 ms to 10 min: a code is worth sending no longer.
const DELAY: [f64; 11] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0];

/// Renders what was counted, and what is looked up at a scrape.
pub(crate) struct Exporter {
    handle: PrometheusHandle,
    database: Database,
}

/// Describes every metric of the service.
pub fn describe_metrics() {
    doorward_app::metrics::describe();
    doorward_http::describe_metrics();
    describe_hashes();
    describe_losses();
    describe_traces();
    describe_gauge!(BUILD, Unit::Count, "Always 1; the label has the version.");
    describe_gauge!(CLOCK, Unit::Seconds, "How far the database's clock is ahead of this machine's.");
    describe_gauge!(CONNECTIONS, Unit::Count, "Connections to Postgres of this node, by state.");
    describe_gauge!(WAITING, Unit::Count, "Steps that wait for a connection to Postgres.");
}

/// Lets everything be counted, from now on.
pub(crate) fn record() -> anyhow::Result<PrometheusHandle> {
    let builder = PrometheusBuilder::new().set_buckets(&SECONDS)?;
    let delay = Matcher::Suffix("_delay_seconds".to_owned());
    let handle = builder.set_buckets_for_metric(delay, &DELAY)?.install_recorder().context("metrics")?;
    describe_metrics();
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(handle)
}

/// Notes how far the database's clock is ahead, in microseconds.
#[allow(clippy::cast_precision_loss, reason = "nobody looks at the microseconds of years")]
pub(crate) fn note_clock_offset(micros: i64) {
    gauge!(CLOCK).set(micros as f64 / 1e6);
}

impl Exporter {
    pub(crate) const fn new(handle: PrometheusHandle, database: Database) -> Self {
        Self { handle, database }
    }
}

impl Metrics for Exporter {
    fn render(&self) -> String {
        if let Some(pool) = self.database.pool_use() {
            gauge!(CONNECTIONS, "state" => "used").set(f64::from(pool.used));
            gauge!(CONNECTIONS, "state" => "idle").set(f64::from(pool.idle));
            gauge!(WAITING).set(f64::from(pool.waiting));
        }
        self.handle.render()
    }
}
