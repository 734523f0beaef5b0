use async_trait::async_trait;
use doorward_kernel::{AuditEvent, ChallengeId, StoreError, Timestamp};

use crate::Challenge;

/// The outcome of counting a wrong try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountOutcome {
    /// It was counted; so many are left, and at zero the challenge is closed.
    Counted {
        /// Tries left.
        attempts_left: u8,
    },
    /// The challenge was no longer open, and nothing was counted.
    Closed,
}

/// The kind of flow a challenge belongs to, as far as it matters for how long it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowKind {
    /// A registration, which brings a draft of the account along.
    Registration,
    /// Any other flow.
    Other,
}

/// The challenges: found by id, and their tries counted.
///
/// Starting, resending and completing them touches accounts, sessions and messages too, so
/// those steps live beside their use cases.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Challenges: Send + Sync {
    /// The challenge, open or not.
    async fn find(&self, id: ChallengeId) -> Result<Option<Challenge>, StoreError>;

    /// Counts a wrong try, if the challenge is open: not closed, `now < expires_at`, tries left.
    ///
    /// One atomic, durable step: of any number of concurrent calls exactly as many are counted
    /// as tries are left, and all others are [`CountOutcome::Closed`]. The audit event is
    /// written with a counted try only.
    async fn count_wrong(&self, id: ChallengeId, now: Timestamp, audit: AuditEvent)
    -> Result<CountOutcome, StoreError>;

    /// Deletes challenges of that kind that ended before that instant, with all that was kept for
    /// them, at most `limit`, and returns how many. Open ones that expired before it have ended too.
    async fn purge_ended(&self, kind: FlowKind, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
