//! Clients that call again as soon as they are answered.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::flows::Flow;

/// How long each of many calls took, the shortest first, and how long all of them together.
pub(crate) struct Measured {
    latencies: Vec<Duration>,
    time: Duration,
}

impl Measured {
    pub(crate) fn count(&self) -> usize {
        self.latencies.len()
    }

    pub(crate) fn rate(&self) -> f64 {
        self.count() as f64 / self.time.as_secs_f64()
    }

    /// The latency that this share of the calls did not exceed.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length is one")]
        let place = ((self.count() - 1) as f64 * share) as usize;
        self.latencies[place]
    }
}

/// Runs every flow over and over for that time.
pub(crate) async fn measure<F: Flow>(flows: Vec<F>, time: Duration) -> Measured {
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for mut flow in flows {
        running.spawn(async move {
            let mut latencies = Vec::new();
            while begun.elapsed() < time {
                let call = Instant::now();
                flow.once().await;
                latencies.push(call.elapsed());
            }
            latencies
        });
    }
    let mut latencies = running.join_all().await.concat();
    latencies.sort_unstable();
    Measured { latencies, time: begun.elapsed() }
}
