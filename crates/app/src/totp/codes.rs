use std::sync::Arc;

use doorward_kernel::{AuditEvent, AuditKind, StoreError, Timestamp};
use doorward_notifier::{Message, NoticeTemplate};
use doorward_otp::{Code, EnteredCode, RecoveryCode, RecoveryDigest, SealedSeed, Step, TimeStep, TotpKeys, TotpSeed};
use doorward_session::Method;
use doorward_user::{User, Users};

use super::{Authenticator, Authenticators, SpendOutcome, TotpError, TotpPolicy};
use crate::{
    SignedIn, SingleUse, SpentCode,
    flow::{CompletionError, Verification, VerifyError},
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

/// A code that was given at a step of a flow, and is not wrong: only its use tells whether it was used before.
#[derive(Clone, Debug)]
pub struct CheckedCode {
    /// The code, for the step that completes the flow to use up.
    pub spends: SpentCode,
    /// How it verifies the user.
    pub method: Method,
    /// The try it was counted in, which is settled once the code is used up.
    pub(crate) attempt: Attempt,
}

impl TotpCodes {
    /// Checks a code at a [`Step::Totp`] of any flow; a wrong one is counted.
    ///
    /// The caller completes what the flow is for in a step that uses up the code, and settles the try.
    #[tracing::instrument(level = "debug", name = "totp.check", skip_all)]
    pub async fn check(&self, mut attempt: Attempt, code: &EnteredCode) -> Result<CheckedCode, VerifyError> {
        let now = self.verification.clock_and_ids.now();
        if attempt.challenge.step != Step::Totp {
            return Err(VerifyError::Closed);
        }
        match self.check_at(&mut attempt, code, now).await? {
            Some(spends) => Ok(CheckedCode { spends, method: method(code), attempt }),
            None => Err(self.verification.was_wrong(&attempt, now).await?),
        }
    }

    async fn check_at(
        &self,
        attempt: &mut Attempt,
        code: &EnteredCode,
        now: Timestamp,
    ) -> Result<Option<SpentCode>, VerifyError> {
        let user = match (&attempt.account, attempt.challenge.user()) {
            (Some(user), _) => Some(user.clone()),
            (None, Some(user)) => self.users.find_by_id(user).await?,
            (None, None) => None,
        };
        let Some(user) = user.filter(User::is_active) else { return Ok(None) };
        let Some(app) = self.active(&user).await? else { return Ok(None) };
        // A recovery code cannot be guessed, so it is looked at however many codes were wrong.
        if let EnteredCode::Digits(_) = code {
            // Before anything is compared, so that the try survives a crash in between.
            self.verification.lockouts.totp_step(attempt, now).await?;
            if !attempt.counted.is_looked_at {
                return Ok(None);
            }
        }
        Ok(self.spent_code(&user, &app, code, now))
    }

    /// Settles the try of a code by the outcome of the step that was to use it up.
    pub(crate) async fn settle<T>(
        &self,
        code: &CheckedCode,
        outcome: Result<T, CompletionError>,
    ) -> Result<T, VerifyError> {
        let verification = &self.verification;
        let (counted, now) = (&code.attempt.counted, verification.clock_and_ids.now());
        match outcome {
            Ok(done) => {
                if code.spends.notice.is_some() {
                    verification.signal.notify();
                }
                verification.lockouts.settle(counted, TryEnd::Right, now).await;
                Ok(done)
            }
            // Sent twice for one step, which is no guess.
            Err(CompletionError::Closed) => {
                verification.lockouts.settle(counted, TryEnd::Unread, now).await;
                Err(VerifyError::Closed)
            }
            Err(CompletionError::CodeRefused) => Err(verification.was_wrong(&code.attempt, now).await?),
            Err(CompletionError::Store(error)) => Err(error.into()),
        }
    }

    /// Uses up a code that the user gives in a session, and gives the way it verifies them.
    #[tracing::instrument(level = "debug", name = "totp.spend", skip_all)]
    pub async fn spend(&self, signed_in: &SignedIn, code: &EnteredCode, caller: &Caller) -> Result<Method, TotpError> {
        let (user, lockouts) = (&signed_in.user, &self.verification.lockouts);
        let now = self.verification.clock_and_ids.now();
        let app = self.active(user).await?.ok_or(TotpError::NotActive)?;
        let counted = match code {
            EnteredCode::Digits(_) => Some(lockouts.totp_change(signed_in, caller, now).await?),
            EnteredCode::Recovery(_) => None,
        };
        if counted.as_ref().is_some_and(|counted| !counted.is_looked_at) {
            return Err(TotpError::Incorrect);
        }
        let outcome = match self.spent_code(user, &app, code, now) {
            Some(code) => self.authenticators.spend(code).await?,
            None => SpendOutcome::Refused,
        };
        if let Some(counted) = counted {
            lockouts.settle(&counted, TryEnd::of(outcome == SpendOutcome::Spent), now).await;
        }
        match outcome {
            SpendOutcome::Spent => {
                self.verification.signal.notify();
                Ok(method(code))
            }
            SpendOutcome::Refused => Err(TotpError::Incorrect),
        }
    }

    /// The user's confirmed authenticator app.
    pub(super) async fn active(&self, user: &User) -> Result<Option<Authenticator>, StoreError> {
        Ok(self.authenticators.find(user.id).await?.filter(Authenticator::is_active))
    }

    /// The step of a code that the app shows; whether it was used before is the store's to say.
    pub(super) fn shown_step(&self, authenticator: &Authenticator, code: &Code, now: Timestamp) -> Option<TimeStep> {
        self.keys.open_seed(authenticator.user, &authenticator.seed)?.check(code, now, None)
    }

    /// Returns what a code uses up; `None` where it is none that the app shows.
    fn spent_code(&self, user: &User, app: &Authenticator, code: &EnteredCode, now: Timestamp) -> Option<SpentCode> {
        let (code, notice, kind) = match code {
            EnteredCode::Digits(code) => (SingleUse::Step(self.shown_step(app, code, now)?), None, AuditKind::TotpUsed),
            EnteredCode::Recovery(code) => {
                let digests = self.keys.accepted_digests(user.id, code);
                let notice = self.notice(user, NoticeTemplate::RecoveryCodeUsed, now);
                (SingleUse::Recovery(digests), Some(notice), AuditKind::RecoveryCodeUsed)
            }
        };
        let audit = AuditEvent { user: Some(user.id), ..self.verification.clock_and_ids.event(kind, now) };
        Some(SpentCode { user: user.id, seed: app.seed.clone(), code, notice, audit })
    }

    pub(super) fn notice(&self, user: &User, template: NoticeTemplate, now: Timestamp) -> Message {
        let id = self.verification.clock_and_ids.message_id(now);
        messages::notice((&user.email, user.locale), template, None, id, now)
    }

    /// Returns the digests of a user's recovery codes.
    pub(super) fn digests_of(&self, user: &User, codes: &[RecoveryCode]) -> Vec<RecoveryDigest> {
        codes.iter().map(|code| self.keys.recovery_digest(user.id, code)).collect()
    }

    pub(super) fn seal(&self, user: &User, seed: &TotpSeed) -> Result<SealedSeed, TotpError> {
        Ok(self.keys.seal_seed(user.id, seed)?)
    }
}

/// Returns how a code verifies whoever gives it.
const fn method(code: &EnteredCode) -> Method {
    match code {
        EnteredCode::Digits(_) => Method::Totp,
        EnteredCode::Recovery(_) => Method::RecoveryCode,
    }
}
