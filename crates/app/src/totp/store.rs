use async_trait::async_trait;
use doorward_kernel::{AuditEvent, ChangeId, SessionId, StoreError, Timestamp, UserId};
use doorward_notifier::Message;
use doorward_otp::{RecoveryDigest, SealedSeed, TimeStep};
use doorward_user::{PasswordVerifier, User};

use super::Authenticator;
use crate::SpentCode;

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

/// The outcome of using up a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpendOutcome {
    /// It is used up, by this call alone.
    Spent,
    /// It was used before or is none, or the authenticator app is another one now; nothing changed.
    Refused,
}

/// Authenticator apps and recovery codes, one app an account.
///
/// An app is *confirmed* or waits for it; what waits does nothing. Every step that compares a
/// code names the sealed seed it compared with, and is refused when that is no longer stored.
/// Wrong codes are not counted here, but where a try takes from the limits, as failures in a row.
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

    /// Uses up a code, and writes its notice and event, all or nothing.
    ///
    /// Atomic: of any number of concurrent calls with one code, one spends it.
    async fn spend(&self, code: SpentCode) -> Result<SpendOutcome, StoreError>;

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
