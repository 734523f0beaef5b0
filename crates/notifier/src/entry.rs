use doorward_kernel::Timestamp;

use crate::{Delivery, Message};

/// A message of the outbox as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The message.
    pub message: Message,
    /// Tries that failed, since it was accepted or made due again.
    pub tries: u32,
    /// Whether anybody tries it.
    pub state: EntryState,
    /// Why the last try failed, in words without secrets.
    pub failure: Option<String>,
    /// Its delivery status.
    pub delivery: Delivery,
}

/// Whether anybody tries a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryState {
    /// A worker does, at that instant or soon after.
    Waiting {
        /// When it is due.
        next_try_at: Timestamp,
    },
    /// Nobody does, until an operator makes it due again.
    Dead {
        /// When it was given up.
        since: Timestamp,
    },
    /// A provider took it, or it is taken for sent.
    Sent,
}

/// A part of the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Messages that wait for a try.
    Waiting,
    /// Messages that were given up.
    Dead,
}

/// The outcome of retrying a dead message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryOutcome {
    /// It is due.
    Retried,
    /// It is not dead; nothing changed.
    NotDead,
    /// It is dead and no longer worth sending; nothing changed.
    Expired,
    /// There is no such message: it was dropped or never there.
    NotFound,
}

/// The outcome of retrying all dead messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetriedDead {
    /// Messages that are due now.
    pub retried: u64,
    /// Messages that are no longer worth sending and stay dead.
    pub expired: u64,
}
