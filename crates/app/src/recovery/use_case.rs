use std::{sync::Arc, time::Duration};

use doorward_kernel::{AuditKind, EmailAddress, Locale, StoreError};
use doorward_notifier::NoticeTemplate;
use doorward_otp::{Challenge, EnteredCode, Purpose, Step, Subject, Target};
use doorward_user::{
    HashError, NewPassword, PasswordFault, PasswordHasher, PasswordPolicy, PasswordVerifier, User, Users,
};

use crate::{
    SpentCode,
    breaches::Breaches,
    factors::{Change, Evidence, Holdings, Verdict, decide},
    flow::{Advance, AdvanceOutcome, CompletionError, FlowView, Verification, VerifyError},
    limits::{AdmitError, Attempt, Caller, DestinationChecks, MailCaller, Tried, say_limited},
    messages,
    profile::{CompleteReset, Profiles, ResetOutcome, SetPassword},
    totp::TotpCodes,
};

/// Lets people set a new password with a code that is mailed to them.
#[derive(Clone)]
pub struct Recovery {
    /// The steps common to all flows.
    pub verification: Verification,
    /// The accounts.
    pub users: Arc<dyn Users>,
    /// Where passwords are set anew.
    pub profiles: Arc<dyn Profiles>,
    /// Makes password verifiers.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Checks the codes of authenticator apps.
    pub totp: TotpCodes,
    /// The rules for new passwords.
    pub policy: PasswordPolicy,
    /// Which of them were in breaches.
    pub breaches: Breaches,
    /// The time that an account must have had its address: whoever has just changed it could
    /// otherwise keep what they have taken.
    pub hold: Duration,
}

/// The result of the right code of a reset.
#[derive(Clone, Debug)]
pub enum ResetStep {
    /// The password is the new one.
    Done,
    /// A code of the authenticator app is to be verified, too; nothing has changed.
    More(FlowView),
}

/// Why no new password was set.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// The policy refuses the password; no try was counted.
    #[error("the password is refused")]
    Password(Vec<PasswordFault>),
    /// The flow is finished, expired, exhausted, unknown or not for this call.
    #[error("the flow is closed")]
    Closed,
    /// The code is wrong, and that was counted.
    #[error("the code is wrong")]
    Incorrect {
        /// Tries left.
        attempts_left: u8,
    },
    /// The caller's host or network has used up a bucket; nothing was counted against the flow.
    #[error("a rate limit is exhausted")]
    Limited {
        /// The seconds to wait.
        retry_after: u32,
    },
    /// The password could not be hashed now.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Recovery {
    /// Mails a code if the address has an account. The answer is the same if it has none.
    #[tracing::instrument(level = "debug", name = "recovery.request", skip_all)]
    pub async fn request(&self, email: EmailAddress, caller: &Caller) -> Result<FlowView, AdmitError> {
        let verification = &self.verification;
        let now = verification.clock_and_ids.now();
        let known = verification.limiter.known_device(caller, &Target::Email(email.clone())).await?;
        verification.limiter.admit_start(caller, known, now).await?;
        let owner = self.users.find_by_settled_email(&email, now - self.hold).await?.filter(User::is_active);
        let (target, subject, locale) = match owner {
            // The mail goes to the address on file: the one typed may differ in its spelling.
            Some(owner) => (owner.email, Subject::Account(owner.id), owner.locale),
            None => (email, Subject::Decoy, Locale::default()),
        };
        let step = (Purpose::ResetPassword, Step::EmailCode);
        let mut challenge = verification.challenge(now, step, Target::Email(target), subject, locale);
        challenge.known_device = known;
        let mail_caller = if known.is_some() { MailCaller::Known } else { MailCaller::Stranger };
        let refusal = verification.refusal(&challenge, DestinationChecks::Skip, mail_caller, now).await?;
        let view = verification.view(&challenge);
        let start = verification.start_or_decoy(challenge, refusal, now);
        // Beside those that are open: anybody may start one, and must close nobody's.
        verification.launch(start, now).await?;
        Ok(view)
    }

    /// Sets the new password when the code is right. It ends every session and logs nobody in.
    ///
    /// An account with an authenticator app is asked for a code of it after the mailed one, and
    /// the password is given again with that (ASVS 5.0, 6.4.3). A password that the policy
    /// refuses is told before the code is compared. What only the account's own details make
    /// wrong is told to who has the right mailed code, and spends nothing.
    #[tracing::instrument(level = "debug", name = "recovery.reset", skip_all)]
    pub async fn reset(&self, attempt: Attempt, code: EnteredCode, new: &NewPassword) -> Result<ResetStep, ResetError> {
        let verification = &self.verification;
        if let Err(refused) = self.look_up(new, &attempt).await {
            verification.lockouts.was_unread(&attempt.counted, verification.clock_and_ids.now()).await;
            return Err(refused);
        }
        if attempt.challenge.step == Step::Totp {
            return self.reset_with_totp(attempt, &code, new).await;
        }
        let code = verification.sent_code(&attempt, code).await?;
        verification.check(&attempt, &code, verification.clock_and_ids.now()).await?;
        let challenge = attempt.challenge;
        let user = self.owner(&challenge, new).await?;
        let evidence = Evidence::Mailbox { authenticator: false };
        if decide(Change::ReplacePassword, Holdings::of(&user), evidence) != Verdict::AtOnce {
            return self.ask_totp(&challenge, &user).await;
        }
        let verifier = self.hasher.hash(user.id, new.as_password()).await?;
        Ok(self.finish(&challenge, &user, verifier, None).await.map_err(VerifyError::from)?)
    }

    async fn reset_with_totp(
        &self,
        attempt: Attempt,
        code: &EnteredCode,
        new: &NewPassword,
    ) -> Result<ResetStep, ResetError> {
        let user = match self.owner(&attempt.challenge, new).await {
            Err(refused @ ResetError::Password(_)) => {
                self.verification.lockouts.was_unread(&attempt.counted, self.verification.clock_and_ids.now()).await;
                return Err(refused);
            }
            user => user?,
        };
        // Before the code is used up: where there is no room to hash, nothing has happened.
        let verifier = match self.hasher.hash(user.id, new.as_password()).await {
            Err(error) => {
                self.verification.lockouts.was_unread(&attempt.counted, self.verification.clock_and_ids.now()).await;
                return Err(error.into());
            }
            verifier => verifier?,
        };
        let code = self.totp.check(attempt, code).await?;
        let finished = self.finish(&code.attempt.challenge, &user, verifier, Some(&code.spends)).await;
        Ok(self.totp.settle(&code, finished).await?)
    }

    async fn ask_totp(&self, done: &Challenge, user: &User) -> Result<ResetStep, ResetError> {
        let verification = &self.verification;
        let now = verification.clock_and_ids.now();
        let next = verification.step_after(done, Step::Totp, Subject::Account(user.id), now);
        let view = verification.view(&next.challenge);
        match verification.flows.advance(Advance { done: done.id, next, now }).await? {
            AdvanceOutcome::Advanced => Ok(ResetStep::More(view)),
            AdvanceOutcome::Closed => {
                let next =
                    verification.repeated(done.id, Purpose::ResetPassword, now).await?.ok_or(ResetError::Closed)?;
                Ok(ResetStep::More(verification.view(&next)))
            }
        }
    }

    /// Whose password it is, if the new one is not made of their own details.
    async fn owner(&self, challenge: &Challenge, new: &NewPassword) -> Result<User, ResetError> {
        let user = challenge.user().ok_or(ResetError::Closed)?;
        let user = self.users.find_by_id(user).await?.filter(User::is_active).ok_or(ResetError::Closed)?;
        let user_inputs = user.user_inputs();
        self.judge(new, &user_inputs.iter().map(String::as_str).collect::<Vec<_>>())?;
        Ok(user)
    }

    /// Judges by what strangers know, too: decoys and real flows are told the same.
    async fn look_up(&self, new: &NewPassword, attempt: &Attempt) -> Result<(), ResetError> {
        self.judge(new, &[attempt.challenge.target.as_str()])?;
        self.breaches.judge(new).await.map_err(|fault| ResetError::Password(vec![fault]))
    }

    fn judge(&self, new: &NewPassword, user_inputs: &[&str]) -> Result<(), ResetError> {
        let faults = self.policy.check(new.as_password(), user_inputs);
        if faults.is_empty() { Ok(()) } else { Err(ResetError::Password(faults)) }
    }

    async fn finish(
        &self,
        challenge: &Challenge,
        user: &User,
        verifier: PasswordVerifier,
        spends: Option<&SpentCode>,
    ) -> Result<ResetStep, CompletionError> {
        let verification = &self.verification;
        // The hash took its time, in which the code may have expired.
        let now = verification.clock_and_ids.now();
        let (to, id) = ((&user.email, user.locale), verification.clock_and_ids.message_id(now));
        let password = Tried::Password(user.id);
        let complete = CompleteReset {
            challenge: challenge.id,
            user: user.id,
            spends: spends.cloned(),
            new_password: SetPassword { verifier, tries: verification.lockouts.tries_at(&password) },
            notices: vec![messages::notice(to, NoticeTemplate::PasswordReset, None, id, now)],
            now,
            audit: verification.event_of(challenge, AuditKind::PasswordReset, now),
        };
        match self.profiles.complete_reset(complete).await? {
            ResetOutcome::Reset(_) => {
                verification.lockouts.failures_were_cleared(&password);
                verification.signal.notify();
                Ok(ResetStep::Done)
            }
            ResetOutcome::Closed => Err(CompletionError::Closed),
            ResetOutcome::CodeRefused => Err(CompletionError::CodeRefused),
        }
    }
}

impl From<VerifyError> for ResetError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Closed => Self::Closed,
            VerifyError::Incorrect { attempts_left } => Self::Incorrect { attempts_left },
            VerifyError::Limited { retry_after } => Self::Limited { retry_after },
            VerifyError::Store(error) => Self::Store(error),
        }
    }
}

say_limited!(ResetError);
