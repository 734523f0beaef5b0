use std::{sync::Arc, time::Duration};

use doorward_kernel::{Clock, StoreError};
use doorward_otp::Challenges;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::wiring::{Database, Keys};

/// How often a node looks for new key epochs and at the database's clock.
const LOOK: Duration = Duration::from_secs(30);
/// A round trip after which nobody knows when the database looked at its clock, in microseconds.
const SLOW: i64 = 1_000_000;
/// How many challenges are forgotten in one step.
const SWEEP: u32 = 1000;

/// Keeps this node's keys and clock in step with all others.
pub(super) async fn keep_in_step(keys: Keys, database: Database, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = look(&keys, &database).await {
            tracing::warn!(error = &*error as &dyn std::error::Error, "keys and clock cannot be kept in step");
        }
        pause(LOOK, &stop).await;
    }
}

async fn look(keys: &Keys, database: &Database) -> anyhow::Result<()> {
    keys.ring.reload(keys.epochs.list().await?)?;
    set_clock(keys, database).await?;
    Ok(())
}

/// Lets this process's clock follow the database's, to half of a round trip.
pub(super) async fn set_clock(keys: &Keys, database: &Database) -> Result<(), StoreError> {
    let offset = keys.clock.offset_micros();
    let before = keys.clock.now().as_micros() - offset;
    if let Some(now) = database.now().await? {
        let after = keys.clock.now().as_micros() - offset;
        if after - before > SLOW {
            return Ok(());
        }
        keys.clock.set_offset_micros(now.as_micros() - i64::midpoint(before, after));
    }
    Ok(())
}

/// Forgets what has ended long enough ago.
pub(super) async fn sweep(
    challenges: Arc<dyn Challenges>,
    clock: Arc<dyn Clock>,
    keep: Duration,
    interval: Duration,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        match challenges.forget_ended(clock.now() - keep, SWEEP).await {
            Ok(forgotten) if forgotten >= u64::from(SWEEP) => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "the sweep failed"),
        }
        pause(interval, &stop).await;
    }
}

async fn pause(time: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = sleep(time) => {}
        () = stop.cancelled() => {}
    }
}
