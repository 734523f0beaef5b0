use std::{sync::Arc, time::Duration};

use doorward_app::delivery::Delivery;
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::WorkerSignal;

/// Messages leased for this process that are sent at once.
const AT_ONCE: usize = 256;

/// The time that a message waits for the answer to the call that wrote it.
///
/// Sending takes processor time that the answer would otherwise lack, and a decoy's message takes none: the time of
/// the answer would tell which of them it is.
const ANSWER: Duration = Duration::from_millis(1);

/// Sends what waits in the outbox until it is told to stop; a round under way is finished.
///
/// Woken by the signal; polling is the net for what other nodes left and for retries.
pub(super) async fn deliver(delivery: Delivery, signal: Arc<WorkerSignal>, poll: Duration, stop: CancellationToken) {
    let batch = usize::try_from(delivery.policy.batch).unwrap_or(usize::MAX);
    while !stop.is_cancelled() {
        let is_more = match delivery.run_once().await {
            Ok(delivered) => delivered.claimed >= batch,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "delivery round failed");
                false
            }
        };
        if !is_more {
            tokio::select! {
                () = signal.notified() => sleep(ANSWER).await,
                () = sleep(poll) => {}
                () = stop.cancelled() => {}
            }
        }
    }
}

/// Sends what was written already leased for this process, each as soon as its call is answered, until it is told to
/// stop; what it was given by then is still sent.
pub(super) async fn deliver_leased(delivery: Delivery, signal: Arc<WorkerSignal>, stop: CancellationToken) {
    let (mut sending, mut is_closed) = (JoinSet::new(), false);
    loop {
        let leased = tokio::select! {
            leased = signal.leased() => leased,
            () = stop.cancelled(), if !is_closed => {
                signal.close().await;
                is_closed = true;
                continue;
            }
        };
        let Some((leased, parent)) = leased else { break };
        while sending.try_join_next().is_some() {}
        if sending.len() >= AT_ONCE {
            sending.join_next().await;
        }
        let delivery = delivery.clone();
        let send = async move {
            sleep(ANSWER).await;
            if let Err(error) = delivery.deliver_leased(leased).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "message not settled after its try");
            }
        };
        let span = tracing::debug_span!("delivery.send");
        if let Some(parent) = parent {
            parent.adopt(&span);
        }
        sending.spawn(send.instrument(span));
    }
    sending.join_all().await;
}
