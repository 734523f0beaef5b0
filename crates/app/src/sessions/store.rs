use async_trait::async_trait;
use doorward_kernel::{AuditEvent, ChallengeId, SessionId, StoreError, Timestamp, UserId};
use doorward_notifier::Message;
use doorward_session::{Generation, Methods, Session};

use crate::{SignedIn, SpentCode};

/// The outcome of rotating a session's generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotateOutcome {
    /// It moved on.
    Rotated,
    /// It no longer was what the caller saw, or the session has ended; nothing changed.
    Conflict,
}

/// The outcome of ending a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndOutcome {
    /// This call ended it.
    Ended,
    /// It had ended before, or never was.
    AlreadyEnded,
}

/// The outcome of ending the other sessions of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndOthersOutcome {
    /// None is left but the one that was kept; so many were ended by this call.
    Ended {
        /// How many; with none, nothing was written.
        count: u64,
    },
    /// The session to keep has ended itself; nothing changed.
    Conflict,
}

/// A session whose owner has just been verified anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompleteStepUp {
    /// The challenge that is done.
    pub challenge: ChallengeId,
    /// The generation the caller saw; the guard against a renewal at the same time.
    pub from: Generation,
    /// The code that is used up, where one was given.
    pub spends: Option<SpentCode>,
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
    /// changed, retry.
    Conflict,
    /// The code was used up before or is none; nothing changed. All other reasons are given before this one.
    CodeRefused,
}

/// The sessions: found, renewed, used, listed and ended. Opening one belongs to the login that does it.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// The session and its user, ended or not, in one query by its key.
    async fn find(&self, session: SessionId) -> Result<Option<SignedIn>, StoreError>;

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

    /// Notes that the session was used then, unless it has ended; never moves the note back.
    async fn touch(&self, session: SessionId, now: Timestamp) -> Result<(), StoreError>;

    /// Notes how the owner of the session has been verified by now, if it has not ended and still
    /// says what the caller saw; else nothing changes.
    async fn note_methods(
        &self,
        session: SessionId,
        seen: Methods,
        methods: Methods,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Ends the session. Atomic: one of any number of concurrent calls ends it.
    async fn end(&self, session: SessionId, now: Timestamp, audit: AuditEvent) -> Result<EndOutcome, StoreError>;

    /// Notes that two factors no longer count, before a use would seem to bring them back.
    ///
    /// Atomic: it is noted, with its event, at most once between two uses of the session; a
    /// session that has ended is left alone.
    async fn fall_back(&self, session: SessionId, now: Timestamp, audit: AuditEvent) -> Result<(), StoreError>;

    /// The sessions of the account that nobody has ended and that were used after that instant,
    /// the last used first.
    async fn list(&self, user: UserId, used_after: Timestamp) -> Result<Vec<Session>, StoreError>;

    /// Ends all sessions of the account but the one that goes on, if that has not ended, and those
    /// that may only bind: they are the way back of an owner whose factor somebody else has.
    ///
    /// Atomic: of two sessions that end each other at once, one goes on.
    async fn end_others(
        &self,
        user: UserId,
        kept: SessionId,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<EndOthersOutcome, StoreError>;

    /// Deletes sessions that were ended before the one instant, or were last used before the
    /// other, at most `limit`, and returns how many.
    async fn forget(&self, ended_before: Timestamp, used_before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Deletes what is kept of the clients of sessions that were opened before that instant, the
    /// oldest first, at most `limit`, and returns how many.
    ///
    /// The sessions go on, and one without anything to forget does not count.
    async fn purge_clients(&self, opened_before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Ends a session whose spent refresh token came back, and tells its owner, all or nothing.
    ///
    /// Atomic: one of any number of concurrent calls ends it, and only that one writes the notice.
    async fn end_reused(
        &self,
        session: SessionId,
        notice: Message,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<EndOutcome, StoreError>;

    /// Closes the open challenge and moves its session on, all or nothing.
    ///
    /// Atomic: of any number of concurrent calls for one challenge, one steps up; of a step-up
    /// and renewals from one generation, one wins. A use noted meanwhile is never moved back.
    async fn step_up(&self, complete: CompleteStepUp) -> Result<StepUpOutcome, StoreError>;
}
