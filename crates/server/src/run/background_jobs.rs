use std::{sync::Arc, time::Duration};

use doorward_app::{
    binding::Binding,
    claims::ClaimDrops,
    delivery::Delivery,
    keys::KeyMaintenance,
    limits::{BufferedBuckets, PhoneGate, RateLimiter},
    totp::Totp,
};
use doorward_crypto::SystemClock;
use doorward_kernel::{Clock, StoreError};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    metrics,
    wiring::{Database, Keys, PasswordCosts},
};

/// A round trip after which nobody knows when the database read its clock, in microseconds.
const SLOW: i64 = 1_000_000;
/// An offset that no clock has which is kept by NTP, in microseconds.
const WRONG: i64 = 10_000_000;
/// The longest delay of a due change.
const BINDING: Duration = Duration::from_mins(1);
/// The time that claims may be left of a number that many claimed and one has verified.
const BETWEEN_CLAIMS: Duration = Duration::from_secs(5);
/// The longest time that histograms may grow.
const UPKEEP: Duration = Duration::from_secs(5);
/// The time that an attack on many accounts goes on before all nodes know of it.
const BETWEEN_COUNTS: Duration = Duration::from_secs(5);
/// The time that codes that were entered wait to be counted.
const BETWEEN_ENTERED: Duration = Duration::from_secs(5);
/// The time that an import goes on before all nodes know what its passwords cost.
const BETWEEN_COSTS: Duration = Duration::from_secs(10);
/// The time that refunds wait to be written, and switches of SMS to be seen.
const BETWEEN_LIMITS: Duration = Duration::from_secs(1);
/// How old what decoys replay may be.
const BETWEEN_REPLAYS: Duration = Duration::from_secs(30);
/// The batches of claims that are dropped before the service checks whether it is to stop.
const BATCHES: u32 = 100;
/// The number of due changes applied per step.
const STEP: u32 = 1000;

/// Learns what became of codes, which decoys replay.
pub(super) async fn learn_deliveries(delivery: Delivery, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = delivery.learn().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "delivery outcomes not read");
        }
        pause(BETWEEN_REPLAYS, &stop).await;
    }
}

/// Counts the codes that were entered for the providers that took them.
pub(super) async fn count_entered_codes(delivery: Delivery, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = delivery.count_entered().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "codes that were entered not counted");
        }
        pause(BETWEEN_ENTERED, &stop).await;
    }
}

/// Keeps this node's keys and clock in step with all others, and adds the next epoch in time.
pub(super) async fn keep_in_step(keys: Keys, database: Database, interval: Duration, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = keep_keys_and_clock(&keys, &database).await {
            tracing::warn!(
                error = &*error as &dyn std::error::Error,
                "keys and clock not synchronised with the database"
            );
        }
        pause(interval, &stop).await;
    }
}

async fn keep_keys_and_clock(keys: &Keys, database: &Database) -> anyhow::Result<()> {
    set_clock(&keys.clock, database).await?;
    keys.keep().await
}

/// Moves passwords and seeds to the key in use, so that none depends on an epoch that was left behind.
pub(super) async fn reseal(maintenance: KeyMaintenance, interval: Duration, stop: CancellationToken) {
    let mut unreadable = 0;
    while !stop.is_cancelled() {
        match maintenance.reseal().await {
            Ok(done) => {
                if done.moved > 0 {
                    tracing::info!(secrets = done.moved, "sealed passwords and seeds under the key in use");
                }
                // They stay where they are, so they are told of once.
                if done.unreadable > unreadable {
                    tracing::warn!(secrets = done.unreadable, "some passwords or seeds cannot be read");
                }
                unreadable = done.unreadable;
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "passwords and seeds not resealed");
            }
        }
        pause(interval, &stop).await;
    }
}

/// Lets this process's clock follow the database's, to half of a round trip.
pub(crate) async fn set_clock(clock: &SystemClock, database: &Database) -> Result<(), StoreError> {
    let offset = clock.offset_micros();
    let before = clock.now().as_micros() - offset;
    if let Some(now) = database.now().await? {
        let after = clock.now().as_micros() - offset;
        if after - before > SLOW {
            return Ok(());
        }
        follow(clock, now.as_micros() - i64::midpoint(before, after));
    }
    Ok(())
}

/// Sets the offset, and tells once that the machine's clock is wrong: what it stamps by itself (logs,
/// certificates it judges) is wrong too, and no client is told.
fn follow(clock: &SystemClock, offset: i64) {
    let before = clock.offset_micros();
    clock.set_offset_micros(offset);
    metrics::note_clock_offset(offset);
    let is_wrong = |offset: i64| offset.abs() >= WRONG;
    let seconds = offset / 1_000_000;
    if is_wrong(offset) && is_wrong(offset - before) {
        tracing::warn!(seconds, "the clock of this machine is not the database's, which is followed");
    } else if is_wrong(before) && !is_wrong(offset) {
        tracing::info!(seconds, "the clock of this machine is the database's again");
    }
}

/// Tells the other nodes what this one has checked, and learns what all have.
pub(super) async fn detect_spray(limiter: Arc<RateLimiter>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = limiter.detect_spray().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "check counts of other nodes not read");
        }
        pause(BETWEEN_COUNTS, &stop).await;
    }
}

/// Writes what limits need not write at once, and learns what operators and other nodes have changed.
///
/// Ends with giving back all that this node holds.
pub(super) async fn settle_limits(
    gate: PhoneGate,
    buckets: Arc<BufferedBuckets>,
    clock: Arc<SystemClock>,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        let recorded = gate.limiter.record_incidents().await;
        for settled in [recorded, gate.keep_in_step().await, buckets.settle(clock.now()).await] {
            if let Err(error) = settled {
                tracing::warn!(error = &error as &dyn std::error::Error, "limits not synchronised with the database");
            }
        }
        pause(BETWEEN_LIMITS, &stop).await;
    }
    let recorded = gate.limiter.record_incidents().await;
    for settled in [recorded, gate.keep_in_step().await, buckets.close(clock.now()).await] {
        if let Err(error) = settled {
            tracing::warn!(error = &error as &dyn std::error::Error, "refunds or incidents lost at shutdown");
        }
    }
}

/// Gives accounts the numbers and authenticator apps that nobody has objected to in time.
pub(super) async fn apply_pending_changes(binding: Binding, totp: Totp, stop: CancellationToken) {
    while !stop.is_cancelled() {
        for taken in [binding.apply_pending(STEP).await, totp.apply_pending(STEP).await] {
            if let Err(error) = taken {
                tracing::warn!(error = &error as &dyn std::error::Error, "pending changes not applied");
            }
        }
        pause(BINDING, &stop).await;
    }
}

/// Drops the claims that verifications of numbers have left.
pub(super) async fn drop_void_claims(claims: ClaimDrops, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match claims.run(BATCHES).await {
            Ok(0) => {}
            Ok(dropped) => tracing::info!(claims = dropped, "dropped claims of a number that somebody has verified"),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "void claims of numbers not dropped");
            }
        }
        pause(BETWEEN_CLAIMS, &stop).await;
    }
}

/// Folds what histograms have noted into their buckets, as every scrape does: they grow until then.
pub(super) async fn keep_metrics_small(metrics: PrometheusHandle, stop: CancellationToken) {
    while !stop.is_cancelled() {
        metrics.run_upkeep();
        pause(UPKEEP, &stop).await;
    }
}

/// Lets every denial cost what the dearest of all passwords on file do.
pub(super) async fn watch_password_costs(costs: PasswordCosts, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = costs.refresh().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "cost of passwords not updated");
        }
        pause(BETWEEN_COSTS, &stop).await;
    }
}

/// Waits, unless the service is asked to stop.
pub(super) async fn pause(time: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = sleep(time) => {}
        () = stop.cancelled() => {}
    }
}
