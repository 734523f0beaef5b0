use async_trait::async_trait;
use doorward_kernel::{AuditEvent, ChallengeId, PhoneChannels, StoreError, Timestamp};
use doorward_notifier::Message;
use doorward_otp::Challenge;
use doorward_user::User;

/// A flow to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Its first challenge.
    pub challenge: Challenge,
    /// The message with its code, or a decoy in its place; `None` for steps without a code.
    pub message: Option<Message>,
    /// Until when [`Flows::start`] holds the message for the process that writes it; `None` where whoever comes may
    /// claim it.
    pub leased_until: Option<Timestamp>,
    /// The audit event.
    pub audit: AuditEvent,
}

/// A flow at its step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFlow {
    /// The challenge.
    pub challenge: Challenge,
    /// The account whose it is; `None` where it is nobody's, or the account is still to be made.
    pub account: Option<User>,
}

/// A code to send again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resend {
    /// The challenge.
    pub challenge: ChallengeId,
    /// The sends the caller saw; the guard against two resends at once.
    pub sends: u8,
    /// When it is sent.
    pub now: Timestamp,
    /// The channels by which a code to a number goes from now on.
    pub phone_channels: PhoneChannels,
    /// The message, or the record that replaces it.
    pub message: Option<Message>,
    /// The audit event.
    pub audit: AuditEvent,
}

/// The outcome of a resend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResendOutcome {
    /// It was noted, and its message waits in the outbox.
    Resent,
    /// The challenge is no longer open or was resent in between; nothing changed.
    Conflict,
}

/// A step that is done and the one that follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advance {
    /// The step that is done.
    pub done: ChallengeId,
    /// The step that follows.
    pub next: Start,
    /// When.
    pub now: Timestamp,
}

/// The outcome of a step whose challenge must be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdvanceOutcome {
    /// The one is closed, the other open.
    Advanced,
    /// The challenge was no longer open; nothing changed.
    Closed,
}

/// A submit that met a step which was met a moment ago: a double click, or a lost answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// The step that was met.
    pub done: ChallengeId,
    /// It must have been met after this.
    pub met_after: Timestamp,
    /// When.
    pub now: Timestamp,
}

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

/// Starts flows, sends their codes again, counts wrong ones and moves flows on.
///
/// A challenge is *open* while it is not closed, `now < expires_at` and tries are left
/// (`tries < max_tries`). Every step that needs it open checks that in the statement that
/// changes it, so of any number of concurrent steps one wins.
#[async_trait]
pub trait Flows: Send + Sync {
    /// The challenge and its account, in one query.
    async fn find(&self, id: ChallengeId) -> Result<Option<FoundFlow>, StoreError>;

    /// Writes the challenge, its message and its audit event, all or nothing.
    async fn start(&self, start: Start) -> Result<(), StoreError>;

    /// Counts a send and writes its message, if the challenge is open and still has `sends` sends.
    ///
    /// Atomic: of any number of concurrent resends that saw the same count, one is written.
    async fn resend(&self, resend: Resend) -> Result<ResendOutcome, StoreError>;

    /// Closes an open challenge and starts the next one, which is noted as its successor, all or nothing.
    async fn advance(&self, advance: Advance) -> Result<AdvanceOutcome, StoreError>;

    /// The successor of a challenge that was met after that instant, while it is open and untouched.
    ///
    /// It takes its turn with [`cut_off`](Self::cut_off): of guesses that come at once, those
    /// that come after a wrong one find nothing.
    async fn repeat(&self, repeat: Repeat) -> Result<Option<Challenge>, StoreError>;

    /// Deletes the successor of a challenge: what was given at it a second time was wrong.
    async fn cut_off(&self, done: ChallengeId) -> Result<(), StoreError>;

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
