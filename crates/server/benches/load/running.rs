//! Nodes at work, and what they spend.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    doorward::Doorward,
    measure::Measured,
    meter::{Meter, Spent},
};

/// By then everything is done that a call leaves for later: what is written once a second, and what is settled.
const DEFERRED: Duration = Duration::from_millis(1500);
/// The time that nobody calls, to see what goes on all the time.
const IDLE: Duration = Duration::from_secs(3);

pub(crate) struct Running {
    nodes: Vec<Doorward>,
    pub(crate) meter: Meter,
    /// The resources spent each second while nobody calls.
    pub(crate) idle: Spent,
}

impl Running {
    /// Watches the nodes, and the Postgres at that URL, for a while.
    pub(crate) async fn new(nodes: Vec<Doorward>, postgres: Option<&str>) -> Self {
        let meter = Meter::new(&nodes, postgres).await;
        // What follows a start is over by then.
        sleep(DEFERRED).await;
        let before = meter.read().await;
        sleep(IDLE).await;
        let idle = (meter.read().await - before).per_second();
        Self { nodes, meter, idle }
    }

    /// The addresses of the nodes, over and over.
    pub(crate) fn urls(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().map(Doorward::url).cycle()
    }

    /// Returns its outcome, and the resources that each time took.
    pub(crate) async fn watch(&self, measuring: impl Future<Output = Measured>) -> (Measured, Spent) {
        let before = self.meter.read().await;
        let measured = measuring.await;
        sleep(DEFERRED).await;
        let spent = self.meter.read().await - before;
        let each = spent.each(self.idle, measured.count());
        (measured, each)
    }

    pub(crate) fn stop(mut self) {
        for node in &mut self.nodes {
            assert!(node.terminate());
        }
    }
}
