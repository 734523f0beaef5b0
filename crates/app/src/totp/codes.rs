use std::sync::Arc;

use doorward_kernel::{AuditEvent, AuditKind, Timestamp};
use doorward_notifier::{Message, NoticeTemplate};
use doorward_otp::{Challenge, Code, EnteredCode, RecoveryCode, SealedSeed, Step, TimeStep, TotpKeys};
use doorward_session::Method;
use doorward_user::{User, Users};

use super::{
    Authenticator, Authenticators, CompletedStep, SpendOutcome, SpendRecovery, SpendStep, TotpError, TotpPolicy,
};
use crate::{
    SignedIn,
    flow::{Verification, VerifyError},
    limits::{Attempt, Caller, TryEnd},
    messages,
};

/// Checks codes of authenticator apps, and recovery codes in their place, and uses them up.
#[derive(Clone)]
pub struct TotpCodes {
    /// The steps common to all flows.
    pub verification: Verification,
    /// The accounts.
    pub users: Arc<dyn Users>,
    /// The authenticator apps.
    pub authenticators: Arc<dyn Authenticators>,
    /// Decrypts the seeds, and digests recovery codes.
    pub keys: Arc<dyn TotpKeys>,
    /// The numbers.
    pub policy: TotpPolicy,
}

/// A step of a flow that was verified.
#[derive(Clone, Debug)]
pub struct VerifiedStep {
    /// The step that took its place, open, and known to nobody but the caller, who completes it.
    pub challenge: Challenge,
    /// How it was verified.
    pub method: Method,
}

/// The place where a code of an app is given.
#[derive(Debug)]
enum Place<'a> {
    /// In a flow, which has taken from the limits of its caller and of the day.
    Flow(&'a mut Attempt),
    /// In a session, for a change to the account.
    Session(&'a SignedIn, &'a Caller),
}

impl TotpCodes {
    /// Verifies a [`Step::Totp`] of any flow.
    ///
    /// A right code is used up before this returns, and what the flow is for is the caller's to
    /// complete, in a step that closes the challenge it gets. All that is not right, a code of
    /// nobody's and one too many among it, counts as a try of the challenge.
    #[tracing::instrument(level = "debug", name = "totp.verify", skip_all)]
    pub async fn verify(&self, attempt: &Attempt, code: &EnteredCode) -> Result<VerifiedStep, VerifyError> {
        let now = self.verification.clock_and_ids.now();
        let challenge = &attempt.challenge;
        if challenge.step != Step::Totp {
            return Err(VerifyError::Closed);
        }
        let user = match (&attempt.account, challenge.user()) {
            (Some(user), _) => Some(user.clone()),
            (None, Some(user)) => self.users.find_by_id(user).await?,
            (None, None) => None,
        };
        let Some(user) = user.filter(User::is_active) else {
            return Err(self.verification.was_wrong(attempt, now).await?);
        };
        let next = self.successor(challenge, now);
        let completes = CompletedStep { done: challenge.id, next: next.clone(), now };
        let mut attempt = attempt.clone();
        match self.spend_for(&user, code, Place::Flow(&mut attempt), Some(completes), now).await {
            Ok(method) => {
                self.verification.lockouts.settle(&attempt.counted, TryEnd::Right, now);
                Ok(VerifiedStep { challenge: next, method })
            }
            // Sent twice for one step, which is no guess.
            Err(TotpError::FlowClosed) => {
                self.verification.lockouts.settle(&attempt.counted, TryEnd::Unread, now);
                Err(VerifyError::Closed)
            }
            Err(TotpError::Store(error)) => Err(error.into()),
            Err(_) => Err(self.verification.was_wrong(&attempt, now).await?),
        }
    }

    /// Uses up a code that the user gives in a session, and gives the way it verifies them.
    #[tracing::instrument(level = "debug", name = "totp.spend", skip_all)]
    pub async fn spend(&self, signed_in: &SignedIn, code: &EnteredCode, caller: &Caller) -> Result<Method, TotpError> {
        let place = Place::Session(signed_in, caller);
        self.spend_for(&signed_in.user, code, place, None, self.verification.clock_and_ids.now()).await
    }

    async fn spend_for(
        &self,
        user: &User,
        code: &EnteredCode,
        place: Place<'_>,
        completes: Option<CompletedStep>,
        now: Timestamp,
    ) -> Result<Method, TotpError> {
        let app = self.active(user).await?;
        let (method, outcome) = match code {
            EnteredCode::Digits(code) => (Method::Totp, self.try_digits(&app, code, place, completes, now).await?),
            // It cannot be guessed, so it is looked at however many codes were wrong.
            EnteredCode::Recovery(code) => {
                (Method::RecoveryCode, self.spend_recovery(user, &app, code, completes, now).await?)
            }
        };
        match outcome {
            SpendOutcome::Spent => Ok(method),
            SpendOutcome::Closed => Err(TotpError::FlowClosed),
            SpendOutcome::Refused => Err(TotpError::Incorrect),
        }
    }

    /// Counts the try before anything is compared, so that it survives a crash in between. That of a flow is settled
    /// with its other steps.
    async fn try_digits(
        &self,
        app: &Authenticator,
        code: &Code,
        place: Place<'_>,
        completes: Option<CompletedStep>,
        now: Timestamp,
    ) -> Result<SpendOutcome, TotpError> {
        let lockouts = &self.verification.lockouts;
        let (is_looked_at, of_session) = match place {
            Place::Flow(attempt) => {
                lockouts.totp_step(attempt, now).await?;
                (attempt.counted.is_looked_at, None)
            }
            Place::Session(signed_in, caller) => {
                let counted = lockouts.totp_change(signed_in, caller, now).await?;
                (counted.is_looked_at, Some(counted))
            }
        };
        if !is_looked_at {
            return Ok(SpendOutcome::Refused);
        }
        let outcome = self.spend_digits(app, code, completes, now).await?;
        if let Some(counted) = of_session {
            lockouts.settle(&counted, TryEnd::of(outcome == SpendOutcome::Spent), now);
        }
        Ok(outcome)
    }

    fn successor(&self, done: &Challenge, now: Timestamp) -> Challenge {
        let step = (done.purpose, done.step);
        let next = self.verification.challenge(now, step, done.target.clone(), done.subject, done.locale);
        let (verified, session, known_device) = (done.verified.clone(), done.session, done.known_device);
        Challenge { verified, session, known_device, ..next }
    }

    /// The user's confirmed authenticator app.
    pub(super) async fn active(&self, user: &User) -> Result<Authenticator, TotpError> {
        let found = self.authenticators.find(user.id).await?;
        found.filter(Authenticator::is_active).ok_or(TotpError::NotActive)
    }

    /// The step of a code that the app shows; whether it was used before is the store's to say.
    pub(super) fn shown_step(&self, authenticator: &Authenticator, code: &Code, now: Timestamp) -> Option<TimeStep> {
        self.keys.open_seed(authenticator.user, &authenticator.seed)?.check(code, now, None)
    }

    async fn spend_digits(
        &self,
        authenticator: &Authenticator,
        code: &Code,
        completes: Option<CompletedStep>,
        now: Timestamp,
    ) -> Result<SpendOutcome, TotpError> {
        let Some(step) = self.shown_step(authenticator, code, now) else { return Ok(SpendOutcome::Refused) };
        let spend = SpendStep {
            user: authenticator.user,
            seed: authenticator.seed.clone(),
            step,
            completes,
            audit: self.event_of(authenticator, AuditKind::TotpUsed, now),
        };
        Ok(self.authenticators.spend_step(spend).await?)
    }

    async fn spend_recovery(
        &self,
        user: &User,
        authenticator: &Authenticator,
        code: &RecoveryCode,
        completes: Option<CompletedStep>,
        now: Timestamp,
    ) -> Result<SpendOutcome, TotpError> {
        let spend = SpendRecovery {
            user: user.id,
            seed: authenticator.seed.clone(),
            digests: self.keys.accepted_digests(user.id, code),
            completes,
            notice: self.notice(user, NoticeTemplate::RecoveryCodeUsed, now),
            audit: self.event_of(authenticator, AuditKind::RecoveryCodeUsed, now),
        };
        let outcome = self.authenticators.spend_recovery(spend).await?;
        if outcome == SpendOutcome::Spent {
            self.verification.signal.notify();
        }
        Ok(outcome)
    }

    pub(super) fn notice(&self, user: &User, template: NoticeTemplate, now: Timestamp) -> Message {
        let id = self.verification.clock_and_ids.message_id(now);
        messages::notice((&user.email, user.locale), template, None, id, now)
    }

    fn event_of(&self, authenticator: &Authenticator, kind: AuditKind, now: Timestamp) -> AuditEvent {
        AuditEvent { user: Some(authenticator.user), ..self.verification.clock_and_ids.event(kind, now) }
    }

    /// Returns the digests of a user's recovery codes.
    pub(super) fn digests_of(&self, user: &User, codes: &[RecoveryCode]) -> Vec<doorward_otp::RecoveryDigest> {
        codes.iter().map(|code| self.keys.recovery_digest(user.id, code)).collect()
    }

    pub(super) fn seal(&self, user: &User, seed: &doorward_otp::TotpSeed) -> Result<SealedSeed, TotpError> {
        Ok(self.keys.seal_seed(user.id, seed)?)
    }
}
