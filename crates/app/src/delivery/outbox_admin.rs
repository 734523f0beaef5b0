use std::sync::Arc;

use doorward_kernel::{AuditKind, MessageId, StoreError};
use doorward_notifier::{Entry, Outbox, RetriedDead, RetryOutcome, Stage};

use crate::ClockAndIds;

/// Shows an operator what is in the outbox, and has what is dead tried again.
#[derive(Clone)]
pub struct OutboxAdmin {
    /// Clock and id generator.
    pub clock_and_ids: ClockAndIds,
    /// The messages.
    pub outbox: Arc<dyn Outbox>,
}

/// The messages that an operator asks to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Dead messages, then waiting ones.
    Everything,
    /// Dead messages.
    Dead,
}

/// Some messages of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The messages: the dead first, the latest of them before others; then the first due.
    pub entries: Vec<Entry>,
    /// Whether there are more than were asked for.
    pub is_more: bool,
}

impl OutboxAdmin {
    /// At most `limit` messages.
    #[tracing::instrument(level = "debug", name = "delivery.list", skip_all)]
    pub async fn list(&self, scope: Scope, limit: u32) -> Result<Listing, StoreError> {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        // One more than is shown tells whether there are more.
        let asked = limit.saturating_add(1);
        let mut entries = self.outbox.list(Stage::Dead, asked).await?;
        if scope == Scope::Everything && entries.len() <= most {
            entries.extend(self.outbox.list(Stage::Waiting, asked).await?);
        }
        let is_more = entries.len() > most;
        entries.truncate(most);
        Ok(Listing { entries, is_more })
    }

    /// The message, while it waits or is dead.
    #[tracing::instrument(level = "debug", name = "delivery.find", skip_all)]
    pub async fn find(&self, id: MessageId) -> Result<Option<Entry>, StoreError> {
        self.outbox.find(id).await
    }

    /// Makes a dead message due, unless it is no longer worth sending.
    #[tracing::instrument(level = "debug", name = "delivery.retry", skip_all)]
    pub async fn retry(&self, id: MessageId) -> Result<RetryOutcome, StoreError> {
        let now = self.clock_and_ids.now();
        self.outbox.retry(id, now, self.clock_and_ids.event(AuditKind::MessagesRetried, now)).await
    }

    /// The same with every dead message.
    #[tracing::instrument(level = "debug", name = "delivery.retry_dead", skip_all)]
    pub async fn retry_dead(&self) -> Result<RetriedDead, StoreError> {
        let now = self.clock_and_ids.now();
        self.outbox.retry_dead(now, self.clock_and_ids.event(AuditKind::MessagesRetried, now)).await
    }
}
