use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use doorward_kernel::{AuditKind, StoreError, Timestamp};

use super::{Lockouts, Tried, lockout_notices::LockoutChange};

/// What is to be recorded of limits and lockouts.
#[derive(Clone, Debug)]
pub(super) enum Incident {
    /// A limit refused somebody; recorded once in that time.
    Refusal {
        /// What the audit says.
        kind: AuditKind,
        /// Tells subjects apart, and says nothing of them.
        subject: String,
        /// How often.
        every: Duration,
        /// When.
        at: Timestamp,
    },
    /// Failures in a row have changed an authenticator's lockout.
    Lockout {
        /// Whose, and which.
        tried: Tried,
        /// How.
        change: LockoutChange,
        /// When.
        at: Timestamp,
    },
}

/// Incidents that this node records within a second, so that no call takes longer for them.
///
/// The tenth failure at an account's address would else be told by the time it takes from the tenth at
/// another's number, though nine of them were tried at the address: number and address would be one account's.
#[derive(Debug, Default)]
pub(super) struct IncidentQueue(Mutex<Vec<Incident>>);

impl IncidentQueue {
    pub(super) fn push(&self, incident: Incident) {
        self.lock().push(incident);
    }

    fn take(&self) -> Vec<Incident> {
        mem::take(&mut *self.lock())
    }

    /// Puts back what could not be recorded, before what came meanwhile.
    fn put_back(&self, mut rest: Vec<Incident>) {
        let mut queue = self.lock();
        rest.append(&mut queue);
        *queue = rest;
    }

    /// No step leaves the list half-written, so one that panicked elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Vec<Incident>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lockouts {
    /// Records what has happened since, and tells the owners.
    ///
    /// Where the store is unavailable, the rest waits for the next time. An incident that it refuses is logged and
    /// dropped, as it would be refused again and keep all others back.
    pub async fn record_incidents(&self) -> Result<(), StoreError> {
        let queue = &self.limiter.memory.incidents;
        let mut incidents = queue.take().into_iter();
        while let Some(incident) = incidents.next() {
            match self.record_incident(&incident).await {
                Ok(()) => {}
                Err(error @ StoreError::Unavailable(_)) => {
                    queue.put_back([incident].into_iter().chain(incidents).collect());
                    return Err(error);
                }
                Err(error @ StoreError::Failed(_)) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "an incident cannot be recorded");
                }
            }
        }
        Ok(())
    }

    async fn record_incident(&self, incident: &Incident) -> Result<(), StoreError> {
        match incident {
            Incident::Refusal { kind, subject, every, at } => {
                self.limiter.record_once(*kind, subject, *every, *at).await
            }
            Incident::Lockout { tried, change, at } => self.record_change(tried, *change, *at).await,
        }
    }
}
