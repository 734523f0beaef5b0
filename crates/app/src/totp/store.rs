use async_trait::async_trait;
use doorward_kernel::{AuditEvent, ChallengeId, ChangeId, SessionId, StoreError, Timestamp, UserId};
use doorward_notifier::Message;
use doorward_otp::{Challenge, RecoveryDigest, SealedSeed, TimeStep};
use doorward_user::{PasswordVerifier, User};

use super::Authenticator;

/// An authenticator app whose setup is begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeginTotp {
    /// The user; the account must be active.
    pub user: UserId,
    /// The session it is made in; it must not have ended.
    pub session: SessionId,
    /// The new seed.
    pub seed: SealedSeed,
    /// When.
    pub now: Timestamp,
    /// The audit event.
    pub audit: AuditEvent,
}

/// The outcome of beginning a setup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeginOutcome {
    /// It waits to be confirmed, in place of any other that did.
    Begun,
    /// The session has ended; nothing changed. This comes before `Refused`.
    SessionEnded,
    /// The account has a confirmed one or is not active; nothing changed.
    Refused,
}

/// An authenticator app whose first code was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmTotp {
    /// Names the change; the token that undoes it carries it.
    pub change: ChangeId,
    /// The user; the account must be active.
    pub user: UserId,
    /// The session it is made in; it must not have ended.
    pub session: SessionId,
    /// The seed the code was compared with; the guard against another setup in between.
    pub seed: SealedSeed,
    /// The step of the code.
    pub step: TimeStep,
    /// The digests of the recovery codes; all former ones are forgotten.
    pub digests: Vec<RecoveryDigest>,
    /// The notice to the owner.
    pub notice: Message,
    /// When.
    pub now: Timestamp,
    /// The audit event.
    pub audit: AuditEvent,
}

/// New recovery codes in place of the old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplaceRecovery {
    /// The user; the account must be active.
    pub user: UserId,
    /// The session it is made in; it must not have ended.
    pub session: SessionId,
    /// The verifier that the password was checked against; it must still be the account's.
    pub checked: PasswordVerifier,
    /// The seed of the confirmed authenticator app they stand in for.
    pub seed: SealedSeed,
    /// The digests of the new codes.
    pub digests: Vec<RecoveryDigest>,
    /// The notice to the owner.
    pub notice: Message,
    /// When.
    pub now: Timestamp,
    /// The audit event.
    pub audit: AuditEvent,
}

/// An authenticator app to remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoveTotp {
    /// The user; the account must be active.
    pub user: UserId,
    /// The session it is made in; it must not have ended.
    pub session: SessionId,
    /// The verifier that the password was checked against; it must still be the account's.
    pub checked: PasswordVerifier,
    /// Its seed; one that was set up in between stays.
    pub seed: SealedSeed,
    /// The notice to the owner.
    pub notice: Message,
    /// When.
    pub now: Timestamp,
    /// The audit event.
    pub audit: AuditEvent,
}

/// The outcome of a change of the authenticator app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeOutcome {
    /// It is done; the account is as it is now.
    Changed(User),
    /// The session has ended; nothing changed. This comes before `Conflict`.
    SessionEnded,
    /// The authenticator app, the account or its password was changed in between; nothing changed.
    Conflict,
}

/// The step of a flow that a code verifies.
///
/// Using the code up closes the step and puts a successor in its place, all or nothing. No
/// client knows the successor, so whatever else comes in for the step cannot end it before the
/// caller has completed what the flow is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompletedStep {
    /// The step that is done; it must be open.
    pub done: ChallengeId,
    /// Its successor.
    pub next: Challenge,
    /// When.
    pub now: Timestamp,
}

/// A right code of an authenticator app, to be used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendStep {
    /// Whose.
    pub user: UserId,
    /// The seed the code was compared with.
    pub seed: SealedSeed,
    /// The step of the code.
    pub step: TimeStep,
    /// The step of a flow that it verifies, where it is for one.
    pub completes: Option<CompletedStep>,
    /// The audit event.
    pub audit: AuditEvent,
}

/// A recovery code to use up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendRecovery {
    /// Whose.
    pub user: UserId,
    /// The seed of the confirmed authenticator app it stands in for.
    pub seed: SealedSeed,
    /// The digests the stored one may have.
    pub digests: Vec<RecoveryDigest>,
    /// The step of a flow that it verifies, where it is for one.
    pub completes: Option<CompletedStep>,
    /// The notice to the owner.
    pub notice: Message,
    /// The audit event.
    pub audit: AuditEvent,
}

/// The outcome of using up a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpendOutcome {
    /// It is used up, by this call alone.
    Spent,
    /// The step of the flow that it was to verify is no longer open; nothing changed. This comes
    /// before all other reasons: a code that was sent twice for one step is no guess.
    Closed,
    /// It was used before or is none, or the authenticator app is another one now; nothing changed.
    Refused,
}

/// Authenticator apps and recovery codes, one app an account.
///
/// An app is *confirmed* or waits for it; what waits does nothing. Every step that compares a
/// code names the sealed seed it compared with, and is refused when that is no longer stored.
/// Wrong codes are not counted here, but in [`Lockouts`](doorward_limit::Lockouts).
#[async_trait]
pub trait Authenticators: Send + Sync {
    /// The account's app, confirmed or not.
    async fn find(&self, user: UserId) -> Result<Option<Authenticator>, StoreError>;

    /// Keeps a new seed that waits to be confirmed, in place of any other that did.
    async fn begin(&self, begin: BeginTotp) -> Result<BeginOutcome, StoreError>;

    /// Confirms the app that waits, with its first step and the recovery codes, all or nothing.
    ///
    /// Atomic: of any number of concurrent calls one confirms.
    async fn confirm(&self, confirm: ConfirmTotp) -> Result<ChangeOutcome, StoreError>;

    /// Keeps the step of a right code as the last one, if the stored one is lower (RFC 6238, section 5.2),
    /// together with what it verifies.
    ///
    /// Atomic: of any number of concurrent calls with one step, one spends it.
    async fn spend_step(&self, spend: SpendStep) -> Result<SpendOutcome, StoreError>;

    /// Forgets the recovery code of the user and tells the owner, together with what it verifies, all or nothing.
    ///
    /// Atomic: of any number of concurrent calls with one code, one spends it.
    async fn spend_recovery(&self, spend: SpendRecovery) -> Result<SpendOutcome, StoreError>;

    /// Puts new recovery codes in place of all others, all or nothing.
    async fn replace_recovery(&self, replace: ReplaceRecovery) -> Result<ChangeOutcome, StoreError>;

    /// Removes the confirmed app and all recovery codes, all or nothing.
    ///
    /// Atomic: of any number of concurrent calls one removes it.
    async fn remove(&self, remove: RemoveTotp) -> Result<ChangeOutcome, StoreError>;

    /// Deletes setups that were begun before that instant and never confirmed, at most `limit`,
    /// and returns how many.
    async fn purge_setups(&self, begun_before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
