use async_trait::async_trait;
use doorward_kernel::{AuditEvent, MessageId, StoreError, Timestamp};

use crate::{DeliveryEnd, Entry, Message, RetriedDead, RetryOutcome, Stage};

/// A message that a worker holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The message.
    pub message: Message,
    /// Tries before this one.
    pub tries: u32,
    /// Until when nobody else claims it.
    pub leased_until: Timestamp,
    /// The provider that took it and did not deliver it; it is for the others.
    pub failed_provider: Option<String>,
}

/// The end of a worker's try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The message.
    pub id: MessageId,
    /// The lease under which it was claimed; a settlement under another one changes nothing.
    pub leased_until: Timestamp,
    /// The verdict.
    pub verdict: Verdict,
}

/// The result of a try to send a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing more is known or asked of it: forget it, address and all.
    Done,
    /// It was sent, or is taken for sent as decoys are: keep it for what its provider tells of it.
    Sent {
        /// The provider that took it; none for what was not sent.
        provider: Option<String>,
        /// The provider's name for it.
        reference: Option<String>,
        /// When; an earlier one stays.
        at: Timestamp,
        /// The outcome of what was not sent.
        end: Option<DeliveryEnd>,
    },
    /// Try again at that instant.
    Retry {
        /// When.
        at: Timestamp,
        /// Why it failed, in words without secrets.
        reason: String,
    },
    /// It was not tried, as others go first: no try is counted.
    Wait {
        /// When it may be tried.
        until: Timestamp,
    },
    /// No try will succeed: keep it for an operator.
    Dead {
        /// When it was given up.
        at: Timestamp,
        /// Why it failed, in words without secrets.
        reason: String,
    },
}

/// Messages that are to be sent; each is written in the transaction of what it tells.
///
/// Workers claim and settle them; operators read them and make dead ones due again.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Claims at most `limit` messages that are due (`next_try_at <= now`) and that nobody holds.
    ///
    /// Oldest due first. No message is leased by two workers under live leases; a lease that
    /// ends (`leased_until <= now`) without a settlement lets another worker claim the message.
    async fn claim(&self, now: Timestamp, leased_until: Timestamp, limit: u32) -> Result<Vec<Claimed>, StoreError>;

    /// Settles claimed messages, all in one step. A [`Verdict::Retry`] and a [`Verdict::Dead`]
    /// count the try and end the lease; a [`Verdict::Wait`] ends the lease alone. What was reported before stays,
    /// and a message whose outcome is known was sent, also where its try has failed or waits.
    async fn settle(&self, settlements: Vec<Settlement>) -> Result<(), StoreError>;

    /// At most `limit` messages of that stage: of those that wait, the first due first; of the
    /// dead, the latest accepted first. Messages that cannot be read are left out.
    async fn list(&self, stage: Stage, limit: u32) -> Result<Vec<Entry>, StoreError>;

    /// The message, whether it waits, was sent or is dead, as long as it is kept.
    async fn find(&self, id: MessageId) -> Result<Option<Entry>, StoreError>;

    /// Makes a dead message due at `now` for all providers, without a try counted, unless it is no longer worth
    /// sending (`expires_at <= now`). The event is written if it was.
    async fn retry(&self, id: MessageId, now: Timestamp, audit: AuditEvent) -> Result<RetryOutcome, StoreError>;

    /// The same with every dead message, in one step. The event is written if there was any.
    async fn retry_dead(&self, now: Timestamp, audit: AuditEvent) -> Result<RetriedDead, StoreError>;

    /// Deletes messages that were sent or are dead and expired before that instant, at most `limit`, and tells how
    /// many. Nobody can make them due again.
    async fn purge(&self, expired_before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// Wakes the workers of this process when there is something to send.
pub trait OutboxSignal: Send + Sync {
    /// Wakes them; returns at once.
    fn notify(&self);

    /// Until when a message that is written now is leased for the workers of this process, which must then be
    /// [handed](Self::hand_over) it; `None` while they take none, so that it is for whoever claims it.
    fn lease(&self, now: Timestamp) -> Option<Timestamp>;

    /// Gives a message to the workers of this process that was written under such a lease.
    ///
    /// One that is lost on the way is claimed when its lease ends.
    fn hand_over(&self, message: Claimed);
}
