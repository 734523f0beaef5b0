use std::time::Duration;

use async_trait::async_trait;
use doorward_kernel::{AuditEvent, AuditKind, StoreError, Timestamp};
use doorward_limit::{BucketKey, BucketKind, Limit, Rate, Take, TakeOutcome};
use doorward_notifier::Message;

use super::RateLimiter;

/// Records what goes with no other write: warnings, refusals, alarms.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Incidents: Send + Sync {
    /// Records the event, together with the notice that tells the owner of it.
    async fn record(&self, event: AuditEvent, notice: Option<Message>) -> Result<(), StoreError>;
}

impl RateLimiter {
    /// Records and logs an incident, once in that time, whatever number of nodes see it.
    ///
    /// The subject tells incidents of a kind apart; it is hidden from the store as all subjects are.
    pub(super) async fn record_once(
        &self,
        kind: AuditKind,
        subject: &str,
        every: Duration,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let incident = BucketKey::new(&*self.digests, BucketKind::INCIDENTS, &format!("{} {subject}", kind.as_str()));
        if !self.memory.cooldowns.begin(incident.subject, every, now) {
            return Ok(());
        }
        let recorded = self.record_if_due(incident, kind, every, now).await;
        if recorded.is_err() {
            self.memory.cooldowns.forget(incident.subject);
        }
        recorded
    }

    /// Records and logs what happens so seldom that it is told each time.
    pub(super) async fn record(&self, event: AuditEvent, notice: Option<Message>) -> Result<(), StoreError> {
        tracing::warn!(incident = event.kind.as_str(), "rate limit incident");
        self.incidents.record(event, notice).await
    }

    /// Asks all nodes at once whether it is time to.
    async fn record_if_due(
        &self,
        incident: BucketKey,
        kind: AuditKind,
        every: Duration,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let once = Rate::per(1, every).map_or(Limit::OFF, Limit::from);
        let takes = vec![Take::one(incident, once)];
        let outcome = self.buckets.take(takes.clone(), now).await?;
        match outcome {
            TakeOutcome::Admitted => {
                let recorded = self.record(self.moment.event(kind, now), None).await;
                if recorded.is_err() {
                    self.buckets.refund(takes, now).await?;
                }
                recorded
            }
            TakeOutcome::Refused(_) => {
                if let Some(until) = outcome.retry_at() {
                    self.memory.cooldowns.end_at(incident.subject, until);
                }
                Ok(())
            }
        }
    }
}
