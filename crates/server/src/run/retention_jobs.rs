//! Retention: every node deletes expired data in small batches.

use std::{pin::Pin, sync::Arc, time::Duration};

use doorward_app::{Store, flow::FlowKind, undo::Undo};
use doorward_kernel::{Clock, StoreError, Timestamp};
use doorward_session::Policy;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::background_jobs::pause;
use crate::settings::Retention;

/// The most rows that are deleted in one step.
const STEP: u32 = 1000;
/// How far another node's clock may be behind: a row that is forgotten early is a fuller bucket.
const MARGIN: Duration = Duration::from_mins(5);
/// The time that a prefix or country is remembered that nobody was sent to.
const QUIET: Duration = Duration::from_hours(90 * 24);

/// A step under way; returns how many things it has forgotten.
type Forgetting<'a> = Pin<Box<dyn Future<Output = Result<u64, StoreError>> + Send + 'a>>;

/// The sweeps, each a task of its own, so that none waits for another's rows.
pub(super) struct RetentionJobs<'a> {
    /// The time that things are kept.
    pub(super) retention: &'a Retention,
    /// When sessions end by themselves.
    pub(super) policy: Policy,
    /// The time that a setup that was begun waits.
    pub(super) setup_ttl: Duration,
    /// The clock.
    pub(super) clock: Arc<dyn Clock>,
    /// Where they start.
    pub(super) tasks: &'a TaskTracker,
    /// Stops the jobs.
    pub(super) stop: &'a CancellationToken,
}

impl RetentionJobs<'_> {
    /// Starts those of what people leave behind.
    pub(super) fn purge_people(&self, store: &Arc<dyn Store>) {
        let Retention { unverified, flows, sessions: ended, addresses, audit, .. } = *self.retention;
        let policy = self.policy;
        self.spawn(store, move |store, now| store.flows().purge_ended(FlowKind::Registration, now - unverified, STEP));
        self.spawn(store, move |store, now| store.flows().purge_ended(FlowKind::Other, now - flows, STEP));
        let wait = flows + self.setup_ttl;
        self.spawn(store, move |store, now| store.authenticators().purge_setups(now - wait, STEP));
        self.spawn(store, move |store, now| store.pending_authenticators().purge_setups(now - wait, STEP));
        self.spawn(store, move |store, now| store.outbox().purge(now - flows, STEP));
        // As long as the key of the notice is good that one of them was opened by.
        let ended = ended.max(Undo::LIFE);
        // One at the end of its longest life is not used any more, so its end comes with that.
        self.spawn(store, move |store, now| store.sessions().forget(now - ended, policy.idle_since(now - ended), STEP));
        self.spawn(store, move |store, now| store.sessions().purge_clients(now - addresses, STEP));
        self.spawn(store, |store, now| store.undos().purge_made(now - Undo::KEPT, STEP));
        self.spawn(store, move |store, now| store.audit_events().forget(now - audit, STEP));
    }

    /// Starts those of what limits count by; a bucket that is full again is what it is without a row.
    pub(super) fn purge_counts(&self, store: &Arc<dyn Store>) {
        self.spawn(store, |store, now| store.buckets().purge_full(now - MARGIN, STEP));
        self.spawn(store, |store, now| store.conversion_breakers().purge_untouched(now - QUIET, STEP));
    }

    /// Deletes now and then, and goes on at once where so much was forgotten that more may be left.
    fn spawn<P: ?Sized + Send + Sync + 'static>(
        &self,
        port: &Arc<P>,
        forget: impl for<'a> Fn(&'a P, Timestamp) -> Forgetting<'a> + Send + 'static,
    ) {
        let (port, clock, interval, stop) =
            (port.clone(), self.clock.clone(), self.retention.sweep_interval, self.stop.clone());
        self.tasks.spawn(async move {
            while !stop.is_cancelled() {
                match forget(&port, clock.now()).await {
                    Ok(forgotten) if forgotten >= u64::from(STEP) => continue,
                    Ok(_) => {}
                    Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "retention job failed"),
                }
                pause(interval, &stop).await;
            }
        });
    }
}
