use doorward_kernel::{AuditKind, StoreError, Timestamp};
use doorward_otp::{Challenge, EnteredCode, Purpose, Step, Subject, Target};
use doorward_session::Method;

use crate::{
    SignedIn, SpentCode,
    factors::{StrongFactor, strongest},
    flow::{CompletionError, FlowView, Start, Verification, VerifyError},
    limits::{Attempt, Caller, DestinationChecks, MailCaller, say_limited},
    sessions::{Authentication, CompleteStepUp, StepUpOutcome},
    totp::TotpCodes,
};

/// The retries of a step-up while its session is renewed.
const MAX_RETRIES: usize = 3;

/// Verifies anew, in a session, that the account's owner is there.
#[derive(Clone)]
pub struct StepUp {
    /// The steps common to all flows.
    pub verification: Verification,
    /// Authenticates sessions.
    pub authentication: Authentication,
    /// Checks the codes of authenticator apps.
    pub totp: TotpCodes,
}

/// Why nothing was asked for.
#[derive(Debug, thiserror::Error)]
pub enum StepUpError {
    /// The account has nothing but its password, which changes ask for anyway.
    #[error("the account has no factor to verify again")]
    NoFactor,
    /// The caller's host or network has used up a bucket; nothing was compared.
    #[error("a rate limit is exhausted")]
    Limited {
        /// The seconds to wait.
        retry_after: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StepUp {
    /// Asks for the strongest factor the account holds; the flow is good in this session only.
    #[tracing::instrument(level = "debug", name = "step_up.start", skip_all)]
    pub async fn start(&self, signed_in: &SignedIn, caller: &Caller) -> Result<FlowView, StepUpError> {
        let now = self.verification.clock_and_ids.now();
        let start = match strongest(&signed_in.user).ok_or(StepUpError::NoFactor)? {
            StrongFactor::Sms(number) => {
                let target = Target::Phone(number.clone());
                let known = self.verification.limiter.known_device(caller, &target).await?;
                self.verification.limiter.admit_start(caller, known, now).await?;
                let mut challenge = self.challenge(signed_in, Step::PhoneCode, target, now);
                challenge.known_device = known;
                self.sms_start(challenge, now).await?
            }
            StrongFactor::Totp => {
                let target = Target::Email(signed_in.user.email.clone());
                let known = self.verification.limiter.known_device(caller, &target).await?;
                self.verification.limiter.admit_call(caller, known, now).await?;
                let mut challenge = self.challenge(signed_in, Step::Totp, target, now);
                challenge.known_device = known;
                self.verification.start_of(challenge, None, now)
            }
        };
        let view = self.verification.view(&start.challenge);
        self.verification.launch(start, now).await?;
        Ok(view)
    }

    async fn sms_start(&self, challenge: Challenge, now: Timestamp) -> Result<Start, StoreError> {
        let verification = &self.verification;
        let checks = DestinationChecks::Skip;
        let refusal = verification.refusal(&challenge, checks, MailCaller::Known, now).await?;
        Ok(verification.start_or_decoy(challenge, refusal, now))
    }

    fn challenge(&self, signed_in: &SignedIn, step: Step, target: Target, now: Timestamp) -> Challenge {
        let SignedIn { session, user } = signed_in;
        let subject = Subject::Account(user.id);
        let challenge = self.verification.challenge(now, (Purpose::StepUp, step), target, subject, user.locale);
        Challenge { session: Some(session.id), ..challenge }
    }

    /// Moves the session on when the code is right; its refresh token is spent.
    ///
    /// In any other session than its own the flow is closed, and nothing is counted.
    #[tracing::instrument(level = "debug", name = "step_up.verify", skip_all)]
    pub async fn verify(
        &self,
        attempt: Attempt,
        code: EnteredCode,
        signed_in: Option<SignedIn>,
    ) -> Result<SignedIn, VerifyError> {
        let verification = &self.verification;
        let now = verification.clock_and_ids.now();
        let is_own = |signed_in: &SignedIn| attempt.challenge.session == Some(signed_in.session.id);
        let Some(signed_in) = signed_in.filter(is_own) else {
            verification.lockouts.was_unread(&attempt.counted, now).await;
            return Err(VerifyError::Closed);
        };
        if attempt.challenge.step == Step::Totp {
            let code = self.totp.check(attempt, &code).await?;
            let spends = Some(&code.spends);
            let stepped_up = self.complete(&code.attempt.challenge, code.method, spends, signed_in, now).await;
            return self.totp.settle(&code, stepped_up).await;
        }
        let code = verification.sent_code(&attempt, code).await?;
        verification.check(&attempt, &code, now).await?;
        Ok(self.complete(&attempt.challenge, Method::Sms, None, signed_in, now).await?)
    }

    /// Closes the challenge and notes that the method was verified in the session.
    async fn complete(
        &self,
        challenge: &Challenge,
        method: Method,
        spends: Option<&SpentCode>,
        mut signed_in: SignedIn,
        now: Timestamp,
    ) -> Result<SignedIn, CompletionError> {
        for _ in 0..MAX_RETRIES {
            let from = signed_in.session.generation;
            let session = signed_in.session.stepped_up(method, now);
            let complete = CompleteStepUp {
                challenge: challenge.id,
                from,
                spends: spends.cloned(),
                session: session.clone(),
                now,
                audit: self.verification.event_of(challenge, AuditKind::SessionSteppedUp, now),
            };
            match self.authentication.sessions.step_up(complete).await? {
                StepUpOutcome::SteppedUp => return Ok(SignedIn { session, user: signed_in.user }),
                StepUpOutcome::Closed => return Err(CompletionError::Closed),
                StepUpOutcome::CodeRefused => return Err(CompletionError::CodeRefused),
                StepUpOutcome::Conflict => {
                    let found = self.authentication.sessions.find(session.id).await?;
                    let live = found.filter(|found| self.authentication.is_live(found, now));
                    signed_in = live.ok_or(CompletionError::Closed)?;
                }
            }
        }
        Err(CompletionError::Closed)
    }
}

say_limited!(StepUpError);
