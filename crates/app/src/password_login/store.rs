use async_trait::async_trait;
use doorward_kernel::{AuditEvent, ChallengeId, StoreError, Timestamp, UserId};
use doorward_limit::LockoutKey;
use doorward_session::Session;
use doorward_user::{PasswordVerifier, User};

use crate::{
    flow::Start,
    sessions::{NewDevice, SessionCap},
};

/// A password that was right, and what it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RightPassword {
    /// The user whose password it is; the account must be active.
    pub user: UserId,
    /// The verifier that was checked; the guard against a password that changes meanwhile.
    pub verifier: PasswordVerifier,
    /// The challenge that is done, where the password was asked for in a flow.
    pub done: Option<ChallengeId>,
    /// The result.
    pub then: Then,
    /// The lockouts that the try went through: they are cleared.
    pub clears: Vec<LockoutKey>,
    /// When.
    pub now: Timestamp,
}

/// The result of a right password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// The step of a second factor.
    Step(Box<Start>),
    /// A session.
    Session(Box<Opening>),
}

/// A session to open by a password alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The session.
    pub session: Session,
    /// The cap of sessions: the least recently used ones beyond it end.
    pub cap: SessionCap,
    /// The notice to the owner, where the account does not know the device.
    pub new_device: Option<NewDevice>,
    /// The audit event of the session.
    pub audit: AuditEvent,
}

/// The outcome of storing what follows a right password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordOutcome {
    /// The session or the next step was written; the account is as it is now.
    Done(User),
    /// The challenge was no longer open; nothing changed.
    Closed,
    /// The account is no longer active, or its verifier changed in between; nothing changed, look
    /// again. This is said before `Closed`.
    Conflict,
}

/// A verifier to be made anew for the same password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehash {
    /// Whose.
    pub user: UserId,
    /// The outdated verifier; the guard against a password that changes meanwhile.
    pub old: PasswordVerifier,
    /// The verifier from now on.
    pub new: PasswordVerifier,
    /// The audit event.
    pub audit: AuditEvent,
}

/// The outcome of rehashing a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RehashOutcome {
    /// The new one counts; nothing else about the account changed, not even when it last changed.
    Rehashed,
    /// The account has another one by now; nothing changed.
    Conflict,
}

/// Goes on after right passwords, and keeps their verifiers up to date.
#[async_trait]
pub trait PasswordLogins: Send + Sync {
    /// Closes the open challenge, if there is one, writes what follows and clears the lockouts, all or nothing.
    ///
    /// Atomic: of any number of concurrent calls for one challenge, one goes on; however many
    /// logins of one account run at once, it never has more live sessions than its cap, and its
    /// owner is told of one new device. None goes on with a verifier that a change or a reset has
    /// replaced, so that what such a step closes stays closed.
    async fn go_on(&self, right: RightPassword) -> Result<PasswordOutcome, StoreError>;

    /// Puts a verifier in place of an outdated one of the same password.
    ///
    /// Atomic: of any number of concurrent calls with one outdated verifier, one is written,
    /// and none undoes a change of the password.
    async fn rehash(&self, rehash: Rehash) -> Result<RehashOutcome, StoreError>;
}
