use async_trait::async_trait;
use doorward_kernel::{AuditEvent, ChallengeId, EmailAddress, Locale, PhoneNumber, StoreError, Timestamp, UserId};
use doorward_otp::Challenge;
use doorward_user::{Names, PasswordVerifier, User};

use crate::flow::Start;

/// The draft of an account, which is made of it once the address is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The id the account will have.
    pub user: UserId,
    /// The person's names.
    pub names: Names,
    /// The address to verify.
    pub email: EmailAddress,
    /// The number the account will claim.
    pub phone: PhoneNumber,
    /// The language of texts.
    pub locale: Locale,
    /// The verifier of the password.
    pub verifier: PasswordVerifier,
}

/// A registration to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartRegistration {
    /// Its flow, whose challenge is a decoy when the address has an account; it sends the code, or the notice to the
    /// owner of the address.
    pub flow: Start,
    /// The draft of the account.
    pub draft: Draft,
}

/// A registration whose code was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompleteRegistration {
    /// The challenge that is done.
    pub challenge: ChallengeId,
    /// The account to make.
    pub user: User,
    /// Its password verifier.
    pub verifier: PasswordVerifier,
    /// The flow in which the first login verifies the number.
    pub continuation: Challenge,
    /// When.
    pub now: Timestamp,
    /// The audit event.
    pub audit: AuditEvent,
}

/// The outcome of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationOutcome {
    /// The account exists.
    Registered,
    /// The challenge was no longer open; nothing changed.
    Closed,
    /// Somebody else verified the address first; the challenge is closed, no account was made.
    EmailTaken,
}

/// Registrations on their way to an account. They reserve nothing: of several people who
/// register one address, the one who verifies it gets it.
#[async_trait]
pub trait Registrations: Send + Sync {
    /// Writes the flow and what was given, all or nothing.
    async fn start(&self, start: StartRegistration) -> Result<(), StoreError>;

    /// Finds the draft of a registration.
    async fn draft(&self, challenge: ChallengeId) -> Result<Option<Draft>, StoreError>;

    /// Closes the open challenge, makes the account and starts the continuation, all or nothing.
    ///
    /// All other open registrations of the address are closed, and every draft for it is
    /// forgotten, in the same step. Atomic: of any number of registrations of one address one
    /// makes an account.
    async fn complete(&self, complete: CompleteRegistration) -> Result<RegistrationOutcome, StoreError>;
}
