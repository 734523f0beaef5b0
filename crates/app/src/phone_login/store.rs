use async_trait::async_trait;
use doorward_kernel::{AuditEvent, ChallengeId, PhoneNumber, StoreError, Timestamp};
use doorward_session::Session;
use doorward_user::{PasswordVerifier, User};

use crate::{
    NumberVerification,
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
    /// The verification of the number, when the account has only claimed it so far.
    pub proof: Option<NumberVerification>,
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
    /// Somebody else verified the number in between; nothing changed, look again.
    Conflict,
}

/// Opens the sessions of phone logins.
#[async_trait]
pub trait PhoneLogins: Send + Sync {
    /// Closes the open challenge, opens the session, with the verification of the number if there is
    /// one, ends the oldest ones beyond the cap and tells the owner of a new device, all or nothing.
    ///
    /// Atomic: of any number of concurrent calls for one challenge, one opens a session; of
    /// any number of accounts that verify one number at once, one ends up as its owner; however
    /// many logins of one account run at once, it never has more live sessions than its cap, and
    /// its owner is told of one new device.
    async fn open(&self, open: OpenSession) -> Result<LoginOutcome, StoreError>;
}
