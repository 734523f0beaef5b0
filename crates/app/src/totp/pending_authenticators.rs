use async_trait::async_trait;
use doorward_kernel::{AuditEvent, ChangeId, SessionId, StoreError, Timestamp, UserId};
use doorward_notifier::Message;
use doorward_otp::{SealedSeed, TimeStep};

use super::{BeginOutcome, ChangeOutcome};
use crate::factors::Outranked;

/// An authenticator app that counts once the account's owner has had time to object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingAuthenticator {
    /// Names the change; the token that cancels it carries it.
    pub id: ChangeId,
    /// The user it will belong to.
    pub user: UserId,
    /// The sealed seed.
    pub seed: SealedSeed,
    /// The factor that it takes the place of, or would be asked for in place of, in a session that
    /// may only bind; `None` where it is added in any other.
    pub replaces: Option<Outranked>,
    /// When its setup was begun.
    pub begun_at: Timestamp,
    /// When it takes effect, and the step of its first code; `None` before that was right.
    pub due: Option<Due>,
}

/// The time at which a pending authenticator takes effect, and the step of its first code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The step of the code that was right; only later ones will be accepted.
    pub step: TimeStep,
    /// When.
    pub at: Timestamp,
}

/// A setup that is begun in place of a lost factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeginPending {
    /// The app, which is not due; its account must be active.
    pub pending: PendingAuthenticator,
    /// The session it is made in; it must not have ended.
    pub session: SessionId,
    /// The audit event.
    pub audit: AuditEvent,
}

/// A pending authenticator whose first code was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleAuthenticator {
    /// The app as it will be, due; the guard against another setup in between is its id.
    pub pending: PendingAuthenticator,
    /// The session it is made in; it must not have ended.
    pub session: SessionId,
    /// The notices to the owner, one per address and number.
    pub notices: Vec<Message>,
    /// The audit event.
    pub audit: AuditEvent,
}

/// A pending authenticator whose time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplyAuthenticator {
    /// The pending change.
    pub pending: PendingAuthenticator,
    /// The notice to the owner.
    pub notice: Message,
    /// When.
    pub now: Timestamp,
    /// The audit event.
    pub audit: AuditEvent,
}

/// Authenticator apps that were bound and do not count yet; an account has one at most.
///
/// Each step that closes all open challenges of an account, and an app that its owner removes, cancels
/// what is pending for it, in the same step; but what is done in a session leaves alone what
/// [`kept_pending`](crate::factors::kept_pending) says of its methods. An app that is confirmed cancels
/// all that was begun before it: what waits must not take the place of what came with a stronger factor.
#[async_trait]
pub trait PendingAuthenticators: Send + Sync {
    /// Keeps an app that waits for its first code, in place of what was pending for the account before.
    async fn begin(&self, begin: BeginPending) -> Result<BeginOutcome, StoreError>;

    /// Finds the app that is pending for the account, due or not.
    async fn find_of(&self, user: UserId) -> Result<Option<PendingAuthenticator>, StoreError>;

    /// Notes when the app takes effect, if it waits for its first code.
    ///
    /// Atomic: of any number of concurrent calls one does so.
    async fn schedule(&self, hold: ScheduleAuthenticator) -> Result<ChangeOutcome, StoreError>;

    /// Holds the app whose setup waits in [`Authenticators`](super::Authenticators), with the
    /// seed of `hold`; the setup is there no more.
    ///
    /// An app that is pending already gives way only if it replaces nothing: whoever has just the number must
    /// not push aside what takes it from them. Otherwise the call is lost.
    /// Atomic: of any number of concurrent calls one does so.
    async fn schedule_setup(&self, hold: ScheduleAuthenticator) -> Result<ChangeOutcome, StoreError>;

    /// The changes due at that instant, the longest due first, at most `limit`.
    async fn find_due(&self, now: Timestamp, limit: u32) -> Result<Vec<PendingAuthenticator>, StoreError>;

    /// Puts the app in place of the one that is there, confirmed or not, if any; forgets the recovery codes and, where
    /// the app replaces a factor, ends all sessions of the account, all or nothing.
    ///
    /// Atomic: of any number of concurrent calls, one takes effect, and none after it was
    /// cancelled.
    async fn apply_pending(&self, take: ApplyAuthenticator) -> Result<ChangeOutcome, StoreError>;

    /// Deletes apps that were begun before that instant and still wait for their first code, at
    /// most `limit`, and returns how many.
    async fn purge_setups(&self, begun_before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
