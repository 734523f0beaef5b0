use std::{
    error::Error,
    mem,
    sync::{MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use doorward_kernel::{AuditEvent, AuditKind, StoreError, Timestamp, UserId};
use doorward_limit::{BucketKey, BucketKind, Limit, Take};
use doorward_notifier::{Message, NoticeTemplate};

use super::RateLimiter;
use crate::messages;

/// Records what goes with no other write: warnings, refusals, alarms.
#[async_trait]
pub trait Incidents: Send + Sync {
    /// Records the event, together with the notice that tells the owner of it.
    async fn record(&self, event: AuditEvent, notice: Option<Message>) -> Result<(), StoreError>;
}

/// An incident of a limit or lockout, for operators and owners.
#[derive(Clone, Debug)]
pub(super) struct Incident {
    pub(super) kind: AuditKind,
    pub(super) at: Timestamp,
    /// Whose account it is about.
    pub(super) user: Option<UserId>,
    /// The take of its alert cooldown, for all nodes that see it; `None` records it each time.
    pub(super) once: Option<Take>,
    /// The notice to the owner, and the take of its cooldown.
    pub(super) notice: Option<(NoticeTemplate, Take)>,
}

impl RateLimiter {
    /// Lets an incident be recorded and logged, once in that time.
    ///
    /// The subject tells incidents of a kind apart; it is hidden from the store as all subjects are.
    pub(super) fn note_once(&self, kind: AuditKind, subject: &str, every: Duration, now: Timestamp) {
        let key = BucketKey::new(&*self.digests, BucketKind::INCIDENTS, &format!("{} {subject}", kind.as_str()));
        if self.memory.cooldowns.learn(key, (), every, now) {
            let once = Some(Take::one(key, Limit::per(1, every)));
            self.note(Incident { kind, at: now, user: None, once, notice: None });
        }
    }

    /// Lets an incident be recorded within a second, so that no call takes longer for it.
    ///
    /// The tenth failure at an account's address would else be told by the time it takes from the tenth at
    /// another's number, though nine of them were tried at the address: number and address would be one account's.
    pub(super) fn note(&self, incident: Incident) {
        self.noted().push(incident);
    }

    /// Records what has happened since, and tells the owners.
    ///
    /// Where the store is unavailable, the rest waits for the next time. An incident that it refuses is logged and
    /// dropped, as it would be refused again and keep all others back.
    #[tracing::instrument(level = "debug", name = "limits.record_incidents", skip_all)]
    pub async fn record_incidents(&self) -> Result<(), StoreError> {
        let mut incidents = mem::take(&mut *self.noted()).into_iter();
        while let Some(incident) = incidents.next() {
            match self.record(&incident).await {
                Ok(()) => {}
                Err(error @ StoreError::Unavailable(_)) => {
                    let rest: Vec<_> = [incident].into_iter().chain(incidents).collect();
                    self.noted().splice(..0, rest);
                    return Err(error);
                }
                Err(error @ StoreError::Failed(_)) => {
                    tracing::error!(error = &error as &dyn Error, "an incident cannot be recorded");
                    incident.once.inspect(|take| self.memory.cooldowns.forget(take.key));
                }
            }
        }
        Ok(())
    }

    async fn record(&self, incident: &Incident) -> Result<(), StoreError> {
        let Incident { kind, at, user, .. } = *incident;
        if let Some(take) = &incident.once {
            let outcome = self.buckets.take(vec![take.clone()], at).await?;
            if !outcome.is_admitted() {
                outcome.retry_at().inspect(|until| self.memory.cooldowns.end_at(take.key, *until));
                return Ok(());
            }
        }
        let notice = self.notice(incident).await?;
        let taken: Vec<_> = incident.once.iter().chain(notice.iter().map(|(_, take)| take)).cloned().collect();
        tracing::warn!(incident = kind.as_str(), "rate limit incident");
        let event = AuditEvent { user, ..self.clock_and_ids.event(kind, at) };
        let recorded = self.incidents.record(event, notice.map(|(message, _)| message)).await;
        if recorded.is_err() {
            self.buckets.refund(taken);
        }
        recorded
    }

    /// Builds the notice to the owner, with what was taken for it; `None` where the owner got one today.
    async fn notice(&self, incident: &Incident) -> Result<Option<(Message, Take)>, StoreError> {
        let (Some(user), Some((template, take))) = (incident.user, &incident.notice) else { return Ok(None) };
        let Some(owner) = self.users.find_by_id(user).await? else { return Ok(None) };
        if !self.buckets.take(vec![take.clone()], incident.at).await?.is_admitted() {
            return Ok(None);
        }
        let id = self.clock_and_ids.message_id(incident.at);
        let message = messages::notice((&owner.email, owner.locale), *template, None, id, incident.at);
        Ok(Some((message, take.clone())))
    }

    /// No step leaves the list half-written, so one that panicked elsewhere spoils nothing.
    fn noted(&self) -> MutexGuard<'_, Vec<Incident>> {
        self.memory.incidents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
