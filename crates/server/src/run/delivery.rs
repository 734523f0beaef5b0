use std::{sync::Arc, time::Duration};

use doorward_app::delivery::Delivery;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::WakeBell;

/// Sends what waits in the outbox until it is told to stop; a round under way is finished.
///
/// Woken by the bell at once; polling is the net for what other nodes left and for retries.
pub(super) async fn deliver(delivery: Delivery, bell: Arc<WakeBell>, poll: Duration, stop: CancellationToken) {
    let batch = usize::try_from(delivery.policy.batch).unwrap_or(usize::MAX);
    while !stop.is_cancelled() {
        let is_more = match delivery.run_once().await {
            Ok(delivered) => delivered.claimed >= batch,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the outbox cannot be worked on");
                false
            }
        };
        if !is_more {
            tokio::select! {
                () = bell.rung() => {}
                () = sleep(poll) => {}
                () = stop.cancelled() => {}
            }
        }
    }
}
