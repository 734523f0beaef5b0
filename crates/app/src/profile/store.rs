use async_trait::async_trait;
use doorward_kernel::{AuditEvent, ChallengeId, EmailAddress, SessionId, StoreError, Timestamp, UserId};
use doorward_notifier::Message;
use doorward_user::{IdentifierChange, NewNames, PasswordVerifier, User};

use crate::{NumberVerification, SpentCode, flow::Start};

/// A password to put in place of the one before, which takes the failed tries at that with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetPassword {
    /// Its verifier.
    pub verifier: PasswordVerifier,
    /// What the buckets of all [tries](doorward_limit::BucketKey::authenticator) at the account's password begin with.
    pub tries: [u8; 16],
}

/// A change that an account's owner makes in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileChange {
    /// The user; the account must be active.
    pub user: UserId,
    /// The session it is made in, which goes on; it must not have ended.
    pub session: SessionId,
    /// The password verifier that the current password was checked against; it must still be the account's.
    pub checked: PasswordVerifier,
    /// The changes of the names, made at once.
    pub names: NewNames,
    /// A new password, at once.
    pub new_password: Option<SetPassword>,
    /// The flow that verifies a new address or number.
    pub start: Option<Start>,
    /// The notice to the owner.
    pub notices: Vec<Message>,
    /// When.
    pub now: Timestamp,
    /// The events that tell of it, besides that of `start`.
    pub audit: Vec<AuditEvent>,
}

/// The outcome of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileOutcome {
    /// It is done; the account is as it is now.
    Changed(User),
    /// The session it is made in has ended; nothing changed. This is said before `Conflict`.
    SessionEnded,
    /// The account is no longer active, or its password has changed; nothing changed.
    Conflict,
}

/// A new address whose code was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompleteEmail {
    /// The challenge that is done.
    pub challenge: ChallengeId,
    /// The user.
    pub user: UserId,
    /// The session that asked for it and goes on, all others of the account end; when it has
    /// ended meanwhile, the change is void.
    pub session: Option<SessionId>,
    /// The new address.
    pub email: EmailAddress,
    /// The record that makes the change undoable.
    pub change: IdentifierChange,
    /// The notices to the old and the new address.
    pub notices: Vec<Message>,
    /// When.
    pub now: Timestamp,
    /// The audit event.
    pub audit: AuditEvent,
}

/// A new number whose code was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompletePhone {
    /// The challenge that is done.
    pub challenge: ChallengeId,
    /// The user.
    pub user: UserId,
    /// The session that asked for it and goes on, all others of the account end; when it has
    /// ended meanwhile, the change is void.
    pub session: Option<SessionId>,
    /// The verification of the number.
    pub number_verification: NumberVerification,
    /// The record by which it can be undone; `None` when the account claimed this very number.
    pub change: Option<IdentifierChange>,
    /// When.
    pub now: Timestamp,
}

/// The outcome of setting an address or number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentifierOutcome {
    /// It is the account's now; the account is as it is now.
    Changed(User),
    /// The challenge was no longer open, the account not active or the session ended; nothing
    /// changed but that the challenge is closed.
    Closed,
    /// Somebody else has verified it. An address: the challenge is closed, nothing else
    /// changed. A number: nothing changed, retry.
    Taken,
}

/// A reset whose code was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompleteReset {
    /// The challenge that is done.
    pub challenge: ChallengeId,
    /// The user.
    pub user: UserId,
    /// The code that is used up, where one was given.
    pub spends: Option<SpentCode>,
    /// The password from now on.
    pub new_password: SetPassword,
    /// The notice to the owner.
    pub notices: Vec<Message>,
    /// When.
    pub now: Timestamp,
    /// The audit event.
    pub audit: AuditEvent,
}

/// The outcome of a reset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResetOutcome {
    /// The password is the new one; the account is as it is now.
    Reset(User),
    /// The challenge was no longer open or the account not active; nothing changed but that a
    /// challenge of an inactive account is closed.
    Closed,
    /// The code was used up before or is none; nothing changed. This is said after `Closed`.
    CodeRefused,
}

/// Changes accounts on behalf of their owners.
#[async_trait]
pub trait Profiles: Send + Sync {
    /// Makes the change, all or nothing.
    ///
    /// A new password forgets the tries at the one before, ends every other session of the account and closes its
    /// open challenges, those that decoy changes have from its sessions included, before `start` is written.
    /// Of what is pending it leaves alone what [`kept_pending`](crate::factors::kept_pending) says
    /// of the session's methods; so do a new address and a new number.
    async fn change(&self, change: ProfileChange) -> Result<ProfileOutcome, StoreError>;

    /// Closes the open challenge, puts the address in place of the old one, verified now, keeps
    /// the change, ends the account's other sessions, but for those that may only bind, and closes its open resets of the password,
    /// whose codes went to the old address, all or nothing.
    async fn complete_email(&self, complete: CompleteEmail) -> Result<IdentifierOutcome, StoreError>;

    /// Closes the open challenge, makes the account the number's one owner, keeps the change and
    /// ends the account's other sessions, but for those that may only bind, all or nothing.
    async fn complete_phone(&self, complete: CompletePhone) -> Result<IdentifierOutcome, StoreError>;

    /// Closes the open challenge, uses up the code, if there is one, puts the password in place and forgets the tries
    /// at the one before, all or nothing.
    ///
    /// In the same step every session of the account ends and all its open challenges close,
    /// other resets and those that decoy changes have from its sessions included: nothing that somebody began
    /// with the old password outlives it. Atomic: of any number of concurrent calls for one
    /// challenge, one sets the password.
    async fn complete_reset(&self, complete: CompleteReset) -> Result<ResetOutcome, StoreError>;
}
