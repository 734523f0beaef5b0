use async_trait::async_trait;
use doorward_kernel::{AuditEvent, SessionId, StoreError, Timestamp};

use crate::Generation;

/// What became of moving a session's generation on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotateOutcome {
    /// It moved on.
    Rotated,
    /// It no longer was what the caller saw, or the session has ended; nothing changed.
    Lost,
}

/// What became of ending a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndOutcome {
    /// This call ended it.
    Ended,
    /// It had ended before, or never was.
    AlreadyEnded,
}

/// The sessions: renewed, used and ended. Opening one belongs to the login that does it.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Moves the generation from `from` to the one after it, and notes the use.
    ///
    /// Atomic: of any number of concurrent calls with one `from`, one is
    /// [`RotateOutcome::Rotated`]. Sessions that were ended, and those of disabled users, are lost.
    async fn rotate(
        &self,
        session: SessionId,
        from: Generation,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<RotateOutcome, StoreError>;

    /// Notes that the session was used then; never moves the note back.
    async fn touch(&self, session: SessionId, now: Timestamp) -> Result<(), StoreError>;

    /// Ends the session. Atomic: one of any number of concurrent calls ends it.
    async fn end(&self, session: SessionId, now: Timestamp, audit: AuditEvent) -> Result<EndOutcome, StoreError>;
}
