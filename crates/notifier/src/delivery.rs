use doorward_kernel::{MessageId, Timestamp};

use crate::{Entry, EntryState};

/// The delivery status of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// The provider that took it last; none for what was never sent, a decoy among them.
    pub provider: Option<String>,
    /// The provider's name for it.
    pub reference: Option<String>,
    /// The provider that took it first and did not deliver it; another one was asked then.
    pub failed_provider: Option<String>,
    /// When a provider took it first. That of a decoy may be to come.
    pub sent_at: Option<Timestamp>,
    /// The outcome, once it is known. That of a decoy may be to come.
    pub end: Option<DeliveryEnd>,
}

/// The outcome of a message that a provider took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryEnd {
    /// The outcome.
    pub outcome: DeliveryOutcome,
    /// When it was told first.
    pub at: Timestamp,
}

/// The outcome of a message that a provider took, as it reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// It has arrived.
    Delivered,
    /// It will not arrive.
    Failed,
    /// It was opened.
    Read,
}

/// The state of a message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It waits.
    Queued,
    /// A provider took it.
    Sent,
    /// It has arrived.
    Delivered,
    /// It will not arrive.
    Failed,
}

/// The report of a provider on a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The message.
    pub id: MessageId,
    /// The provider.
    pub provider: String,
    /// The outcome it reports.
    pub outcome: DeliveryOutcome,
    /// When it does.
    pub at: Timestamp,
    /// The action where the message has failed.
    pub failure: FailureAction,
}

/// The action where a provider says that a message which it took has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureAction {
    /// It is noted, unless the message waits for another try.
    Keep,
    /// It is noted, and the message is not tried again: nobody reaches the recipient.
    GiveUp,
    /// The message is due again for the other providers, if this is its first failure and its code is good still.
    SendAgain,
}

/// The outcome of noting a [`Report`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportOutcome {
    /// It was noted.
    Noted,
    /// The message is due for another provider.
    SentAgain,
    /// Nothing changed: there is no such message, that provider does not have it, or as much was known.
    Ignored,
}

impl DeliveryOutcome {
    /// Every outcome.
    pub const ALL: &[Self] = &[Self::Delivered, Self::Failed, Self::Read];

    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Read => "read",
        }
    }

    /// Reads a stable name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|outcome| outcome.as_str() == text)
    }
}

impl DeliveryState {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

impl Entry {
    /// Returns the state of the message at that time.
    pub fn delivery_state(&self, now: Timestamp) -> DeliveryState {
        let Delivery { sent_at, end, .. } = &self.delivery;
        match (self.state, end) {
            (_, Some(DeliveryEnd { outcome, at })) if *at <= now => match outcome {
                DeliveryOutcome::Delivered | DeliveryOutcome::Read => DeliveryState::Delivered,
                DeliveryOutcome::Failed => DeliveryState::Failed,
            },
            (EntryState::Dead { .. }, _) => DeliveryState::Failed,
            _ if sent_at.is_some_and(|at| at <= now) => DeliveryState::Sent,
            _ => DeliveryState::Queued,
        }
    }
}
