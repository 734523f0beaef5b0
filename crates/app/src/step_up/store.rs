use async_trait::async_trait;
use doorward_kernel::{AuditEvent, ChallengeId, StoreError, Timestamp};
use doorward_session::{Generation, Session};

/// A session whose owner has just been verified anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompleteStepUp {
    /// The challenge that is done.
    pub challenge: ChallengeId,
    /// The generation the caller saw; the guard against a renewal at the same time.
    pub from: Generation,
    /// The session as it will be: generation, methods, `auth_time` and use are taken from it.
    pub session: Session,
    /// When.
    pub now: Timestamp,
    /// The audit event.
    pub audit: AuditEvent,
}

/// The outcome of a step-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepUpOutcome {
    /// The session is as the caller made it.
    SteppedUp,
    /// The challenge was no longer open; nothing changed.
    Closed,
    /// The session has ended or its generation moved on, or its account is not active; nothing
    /// changed, look again.
    Conflict,
}

/// Completes step-ups.
#[async_trait]
pub trait StepUps: Send + Sync {
    /// Closes the open challenge and moves its session on, all or nothing.
    ///
    /// Atomic: of any number of concurrent calls for one challenge, one steps up; of a step-up
    /// and renewals from one generation, one wins. A use noted meanwhile is never moved back.
    async fn complete(&self, complete: CompleteStepUp) -> Result<StepUpOutcome, StoreError>;
}
