use std::{sync::Arc, time::Duration};

use doorward_app::{
    binding::Binding,
    keys::KeyCustody,
    limits::Guard,
    sessions::Authentication,
    totp::Totp,
    undo::{Undo, Undos},
};
use doorward_crypto::SystemClock;
use doorward_kernel::{AuditEvents, Clock, StoreError};
use doorward_limit::Tripwires;
use doorward_otp::Challenges;
use doorward_session::Sessions;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::wiring::{Database, Keys};

/// A round trip after which nobody knows when the database looked at its clock, in microseconds.
const SLOW: i64 = 1_000_000;
/// How long what is held may be late.
const BINDING: Duration = Duration::from_mins(1);
/// How long histograms may grow.
const UPKEEP: Duration = Duration::from_secs(5);
/// How many things are forgotten in one step.
const SWEEP: u32 = 1000;
/// How far another node's clock may be behind: a row that is forgotten early is a fuller budget.
const MARGIN: Duration = Duration::from_mins(5);
/// How long a prefix or country is remembered that nobody was sent to.
const QUIET: Duration = Duration::from_hours(90 * 24);

/// How long an attack on many accounts goes on before all nodes know of it.
const BETWEEN_COUNTS: Duration = Duration::from_secs(5);

/// How long failures in a row are remembered that nobody has added to.
const YEAR: Duration = Duration::from_hours(366 * 24);

/// Keeps this node's keys and clock in step with all others, and adds the next epoch in time.
pub(super) async fn keep_in_step(keys: Keys, database: Database, interval: Duration, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = look(&keys, &database).await {
            tracing::warn!(error = &*error as &dyn std::error::Error, "keys and clock cannot be kept in step");
        }
        pause(interval, &stop).await;
    }
}

async fn look(keys: &Keys, database: &Database) -> anyhow::Result<()> {
    set_clock(&keys.clock, database).await?;
    keys.keep().await
}

/// Moves passwords and seeds to the key in use, so that none depends on an epoch that was left behind.
pub(super) async fn reseal(custody: KeyCustody, interval: Duration, stop: CancellationToken) {
    let mut unreadable = 0;
    while !stop.is_cancelled() {
        match custody.reseal().await {
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
                tracing::warn!(error = &error as &dyn std::error::Error, "passwords and seeds cannot be sealed anew");
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
        clock.set_offset_micros(now.as_micros() - i64::midpoint(before, after));
    }
    Ok(())
}

/// Tells the other nodes what this one has checked, and learns what all have.
pub(super) async fn watch_for_spray(guard: Guard, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = guard.watch_for_spray().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the checks of other nodes are unknown");
        }
        pause(BETWEEN_COUNTS, &stop).await;
    }
}

/// Forgets budgets that are full again, which is what they are without a row, and old tripwires, failures and counts.
pub(super) async fn sweep_limits(
    guard: Guard,
    tripwires: Arc<dyn Tripwires>,
    interval: Duration,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        let now = guard.moment.now();
        let swept = async {
            guard.forget_checks().await?;
            let forgotten = guard.budgets.forget_full(now - MARGIN, SWEEP).await?;
            let forgotten = forgotten.max(tripwires.forget_untouched(now - QUIET, SWEEP).await?);
            Ok::<_, StoreError>(forgotten.max(guard.failure_rows.forget_untouched(now - YEAR, SWEEP).await?))
        };
        match swept.await {
            Ok(forgotten) if forgotten >= u64::from(SWEEP) => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "the sweep of limits failed"),
        }
        pause(interval, &stop).await;
    }
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
        let forgotten = challenges.forget_ended(clock.now() - keep, SWEEP).await;
        rest(forgotten, interval, &stop).await;
    }
}

/// Forgets sessions that were ended, or have ended for want of use, long enough ago.
///
/// One at the end of its longest life is not used any more, so its end comes with that.
pub(super) async fn sweep_sessions(
    authentication: Authentication,
    keep: Duration,
    interval: Duration,
    stop: CancellationToken,
) {
    let Authentication { moment, sessions, policy, .. } = authentication;
    while !stop.is_cancelled() {
        let ended_before = moment.clock.now() - keep;
        let forgotten = sessions.forget(ended_before, policy.idle_since(ended_before), SWEEP).await;
        rest(forgotten, interval, &stop).await;
    }
}

/// Forgets which device and network sessions were opened from, long enough ago; the sessions go on.
pub(super) async fn sweep_clients(
    sessions: Arc<dyn Sessions>,
    clock: Arc<dyn Clock>,
    keep: Duration,
    interval: Duration,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        let forgotten = sessions.forget_clients(clock.now() - keep, SWEEP).await;
        rest(forgotten, interval, &stop).await;
    }
}

/// Forgets audit events that are old enough.
pub(super) async fn sweep_audit(
    events: Arc<dyn AuditEvents>,
    clock: Arc<dyn Clock>,
    keep: Duration,
    interval: Duration,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        let forgotten = events.forget(clock.now() - keep, SWEEP).await;
        rest(forgotten, interval, &stop).await;
    }
}

/// Waits for the next round, unless so much was forgotten that more may be left.
async fn rest(forgotten: Result<u64, StoreError>, interval: Duration, stop: &CancellationToken) {
    match forgotten {
        Ok(forgotten) if forgotten >= u64::from(SWEEP) => return,
        Ok(_) => {}
        Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "the sweep failed"),
    }
    pause(interval, stop).await;
}

/// Gives accounts the numbers and authenticator apps that nobody has objected to in time.
pub(super) async fn bind_what_is_held(binding: Binding, totp: Totp, stop: CancellationToken) {
    while !stop.is_cancelled() {
        for taken in [binding.take_effect(SWEEP).await, totp.take_effect(SWEEP).await] {
            if let Err(error) = taken {
                tracing::warn!(error = &error as &dyn std::error::Error, "what is held stays as it is");
            }
        }
        pause(BINDING, &stop).await;
    }
}

/// Forgets changes that can no longer be undone.
pub(super) async fn sweep_changes(
    undos: Arc<dyn Undos>,
    clock: Arc<dyn Clock>,
    interval: Duration,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        match undos.forget_made(clock.now() - Undo::LIFE, SWEEP).await {
            Ok(forgotten) if forgotten >= u64::from(SWEEP) => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "the sweep failed"),
        }
        pause(interval, &stop).await;
    }
}

/// Folds what histograms have noted into their buckets, as every scrape does: they grow until then.
pub(super) async fn keep_metrics_small(metrics: PrometheusHandle, stop: CancellationToken) {
    while !stop.is_cancelled() {
        metrics.run_upkeep();
        pause(UPKEEP, &stop).await;
    }
}

async fn pause(time: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = sleep(time) => {}
        () = stop.cancelled() => {}
    }
}
