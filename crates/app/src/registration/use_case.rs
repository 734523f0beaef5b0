use std::sync::Arc;

use doorward_kernel::{AuditEvent, AuditKind, EmailAddress, Locale, PhoneNumber, StoreError, Timestamp, UserId};
use doorward_notifier::{Message, NoticeTemplate};
use doorward_otp::{Challenge, Code, Purpose, Step, Subject, Target};
use doorward_user::{
    HashError, LoginRecord, Names, NewPassword, PasswordFault, PasswordHasher, PasswordVerifier, User, UserPhone,
    UserStatus, Users,
};

use super::{CompleteRegistration, Draft, RegistrationOutcome, Registrations, StartRegistration};
use crate::{
    breaches::Breaches,
    flow::{FlowView, Start, Verification, VerifyError},
    limits::{Attempt, Caller, StartTaken, say_limited},
    messages,
};

/// Registers accounts: the account is created once its address is verified.
#[derive(Clone)]
pub struct Registration {
    /// The steps common to all flows.
    pub verification: Verification,
    /// The accounts.
    pub users: Arc<dyn Users>,
    /// The registrations under way.
    pub registrations: Arc<dyn Registrations>,
    /// Makes password verifiers.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Which passwords were in breaches.
    pub breaches: Breaches,
}

/// The request of a person to register.
#[derive(Clone, Debug)]
pub struct RegistrationRequest {
    /// Their names.
    pub names: Names,
    /// The address they will verify.
    pub email: EmailAddress,
    /// The number they claim.
    pub phone: PhoneNumber,
    /// The password, judged by the policy.
    pub password: NewPassword,
    /// The language of texts.
    pub locale: Locale,
}

/// An account that has just been made.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The account.
    pub user: User,
    /// The flow in which the first login verifies the number.
    pub continuation: FlowView,
}

/// Why no registration was started.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// The caller's host or network has used up a bucket.
    #[error("a rate limit is exhausted")]
    Limited {
        /// The seconds to wait.
        retry_after: u32,
    },
    /// The password was in a breach; nothing but the call was counted.
    #[error("the password is refused")]
    Password(PasswordFault),
    /// The password could not be hashed now.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Registration {
    /// Mails a code to the address, or to an owner it already has a notice. The answer is the same.
    #[tracing::instrument(level = "debug", name = "registration.request", skip_all)]
    pub async fn request(&self, request: RegistrationRequest, caller: &Caller) -> Result<FlowView, RegistrationError> {
        let verification = &self.verification;
        let now = verification.clock_and_ids.now();
        let taken = self.admit(&request, caller, now).await?;
        let is_withheld = taken.refused.is_some();
        let user = UserId::mint(&*verification.clock_and_ids.random);
        let verifier = self.hash(user, &request.password, taken).await?;
        let owner = self.users.find_by_email(&request.email).await?;
        let is_told = verification.limiter.notice_of_registration(&request.email, owner.is_some(), now).await?;
        let RegistrationRequest { names, email, phone, locale, .. } = request;
        let is_withheld = owner.is_none() && is_withheld;
        // A code that was never sent can only be guessed.
        let is_decoy = owner.is_some() || is_withheld;
        let subject = if is_decoy { Subject::Decoy } else { Subject::Account(user) };
        let step = (Purpose::Register, Step::EmailCode);
        let challenge = verification.challenge(now, step, Target::Email(email.clone()), subject, locale);
        let kind = if is_withheld { AuditKind::EmailBudgetExhausted } else { AuditKind::FlowStarted };
        let message = match owner.filter(|_| is_told) {
            Some(owner) => Some(self.notice(&owner, now)),
            None => verification.code_message(&challenge, None, now),
        };
        let flow = Start {
            message,
            leased_until: None,
            audit: AuditEvent { user: None, ..verification.event_of(&challenge, kind, now) },
            challenge,
        };
        let flow = verification.leased(flow, now);
        let (view, leased) = (verification.view(&flow.challenge), flow.leased());
        let draft = Draft { user, names, email, phone, locale, verifier };
        self.registrations.start(StartRegistration { flow, draft }).await?;
        verification.send(leased);
        Ok(view)
    }

    /// Looks the password up before anybody's address, so that the answer tells of the password alone.
    async fn admit(
        &self,
        request: &RegistrationRequest,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<StartTaken, RegistrationError> {
        let limiter = &self.verification.limiter;
        let taken = limiter.admit_registration(&request.email, caller, now).await?;
        if let Err(fault) = self.breaches.judge(&request.password).await {
            limiter.registration_was_refused(taken);
            return Err(RegistrationError::Password(fault));
        }
        Ok(taken)
    }

    async fn hash(
        &self,
        user: UserId,
        password: &NewPassword,
        taken: StartTaken,
    ) -> Result<PasswordVerifier, RegistrationError> {
        match self.hasher.hash(user, password.as_password()).await {
            Ok(verifier) => Ok(verifier),
            Err(error) => {
                self.verification.limiter.start_failed(taken);
                Err(error.into())
            }
        }
    }

    fn notice(&self, owner: &User, now: Timestamp) -> Message {
        let id = self.verification.clock_and_ids.message_id(now);
        messages::notice((&owner.email, owner.locale), NoticeTemplate::AlreadyRegistered, None, id, now)
    }

    /// Makes the account when the code is right and nobody has verified the address before.
    #[tracing::instrument(level = "debug", name = "registration.verify", skip_all)]
    pub async fn verify(&self, attempt: Attempt, code: &Code) -> Result<Registered, VerifyError> {
        let verification = &self.verification;
        let now = verification.clock_and_ids.now();
        verification.check(&attempt, code, now).await?;
        let challenge = attempt.challenge;
        let Some(draft) = self.registrations.draft(challenge.id).await? else {
            return self.repeated(&challenge, now).await;
        };
        let verifier = draft.verifier.clone();
        let number = Target::Phone(draft.phone.clone());
        let user = account(draft, now);
        let continuation = verification.challenge(
            now,
            (Purpose::Login, Step::FirstLogin),
            number,
            Subject::Account(user.id),
            user.locale,
        );
        let complete = CompleteRegistration {
            challenge: challenge.id,
            user: user.clone(),
            verifier,
            continuation: continuation.clone(),
            now,
            audit: verification.event_of(&challenge, AuditKind::UserRegistered, now),
        };
        match self.registrations.complete(complete).await? {
            RegistrationOutcome::Registered => Ok(Registered { user, continuation: verification.view(&continuation) }),
            RegistrationOutcome::Closed => self.repeated(&challenge, now).await,
            RegistrationOutcome::EmailTaken => Err(VerifyError::Closed),
        }
    }

    /// Finds what the same code has led to before, if it came twice.
    async fn repeated(&self, done: &Challenge, now: Timestamp) -> Result<Registered, VerifyError> {
        let verification = &self.verification;
        let continuation = verification.repeated(done.id, Purpose::Login, now).await?.ok_or(VerifyError::Closed)?;
        let user = continuation.user().ok_or(VerifyError::Closed)?;
        let user = self.users.find_by_id(user).await?.ok_or(VerifyError::Closed)?;
        Ok(Registered { user, continuation: verification.view(&continuation) })
    }
}

say_limited!(RegistrationError);

fn account(draft: Draft, now: Timestamp) -> User {
    User {
        id: draft.user,
        names: draft.names,
        email: draft.email,
        phone: Some(UserPhone { number: draft.phone, verified_at: None }),
        locale: draft.locale,
        status: UserStatus::Active,
        totp_enabled_at: None,
        logins: LoginRecord::default(),
        created_at: now,
        updated_at: now,
    }
}
