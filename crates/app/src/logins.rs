//! The steps of logins, by number and by password.

use async_trait::async_trait;
use doorward_kernel::{AuditEvent, ChallengeId, PhoneNumber, StoreError, Timestamp, UserId};
use doorward_session::Session;
use doorward_user::{PasswordVerifier, User};

use crate::{
    NumberVerification, SpentCode,
    flow::Start,
    sessions::{NewDevice, SessionCap},
};

/// A session to open, now that its challenge is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// The challenge that is done.
    pub challenge: ChallengeId,
    /// The session; its user must be active and carry the number, if there is one.
    pub session: Session,
    /// The number that was verified; `None` when the login verifies none.
    pub number: Option<PhoneNumber>,
    /// The verifier that a password was checked against, where one was; it must still be the account's.
    pub checked: Option<PasswordVerifier>,
    /// The code that is used up, where one was given.
    pub spends: Option<SpentCode>,
    /// The verification of the number, when the account has only claimed it so far.
    pub number_verification: Option<NumberVerification>,
    /// The cap of sessions: the least recently used ones beyond it end.
    pub cap: SessionCap,
    /// Whether it is noted that the number was used, as it was not lately.
    pub notes_use: bool,
    /// The notice to the owner, where the account does not know the device.
    pub new_device: Option<NewDevice>,
    /// When.
    pub now: Timestamp,
    /// The audit event of the session.
    pub audit: AuditEvent,
}

/// The outcome of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginOutcome {
    /// The session is open; the account is as it is now.
    Opened(User),
    /// The challenge was no longer open; nothing changed.
    Closed,
    /// The account is disabled, its password is another than the one that was checked, or it no
    /// longer carries the number (without a verification: as its verified own); the challenge is
    /// closed, nothing else changed.
    Refused,
    /// Somebody else verified the number in between; nothing changed, retry.
    Conflict,
    /// The code was used up before or is none; nothing changed. All other reasons are given before this one.
    CodeRefused,
}

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
    /// The account is no longer active, or its verifier changed in between; nothing changed,
    /// retry. This is said before `Closed`.
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

/// Opens the sessions of logins, goes on after right passwords, and keeps their verifiers up to date.
#[async_trait]
pub trait Logins: Send + Sync {
    /// Closes the open challenge, uses up the code and verifies the number, if there are any, opens the session,
    /// ends the oldest ones beyond the cap and tells the owner of a new device, all or nothing.
    ///
    /// Atomic: of any number of concurrent calls for one challenge, one opens a session; of
    /// any number of accounts that verify one number at once, one ends up as its owner; however
    /// many logins of one account run at once, it never has more live sessions than its cap, and
    /// its owner is told of one new device.
    async fn open(&self, open: OpenSession) -> Result<LoginOutcome, StoreError>;

    /// Closes the open challenge, if there is one, and writes what follows, all or nothing.
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
