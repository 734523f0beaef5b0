use std::sync::Arc;

use doorward_kernel::{AuditKind, StoreError, Timestamp};
use doorward_otp::{Challenge, Code, Purpose, Step, Subject, Target};
use doorward_session::Method;

use super::{CompleteStepUp, StepUpOutcome, StepUps, StrongFactor, strongest};
use crate::{
    flow::{FlowView, Start, Verification, VerifyError},
    phone_login::SmsPolicy,
    sessions::{Authentication, SignedIn},
};

/// How often a step-up looks again when its session is renewed meanwhile.
const LOOKS: usize = 3;

/// Proves anew, in a session, that the account's owner is there.
#[derive(Clone)]
pub struct StepUp {
    /// What all flows share.
    pub verification: Verification,
    /// Knows the sessions.
    pub authentication: Authentication,
    /// Where step-ups are completed.
    pub step_ups: Arc<dyn StepUps>,
    /// Where SMS may go.
    pub sms: SmsPolicy,
}

/// Why nothing was asked for.
#[derive(Debug, thiserror::Error)]
pub enum StepUpError {
    /// The account has nothing but its password, which changes ask for anyway.
    #[error("the account has no factor to prove anew")]
    NoFactor,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StepUp {
    /// Asks for the strongest factor the account holds; the flow is good in this session only.
    pub async fn start(&self, signed_in: &SignedIn) -> Result<FlowView, StepUpError> {
        let now = self.verification.moment.now();
        let start = match strongest(&signed_in.user).ok_or(StepUpError::NoFactor)? {
            StrongFactor::Sms(number) => {
                let challenge = self.challenge(signed_in, Step::SmsCode, Target::Phone(number.clone()), now);
                let message = self.verification.code_message(&challenge, now).filter(|_| self.sms.allows(number));
                Start { message, audit: self.verification.event_of(&challenge, AuditKind::FlowStarted, now), challenge }
            }
        };
        let view = self.verification.view(&start.challenge);
        self.verification.flows.start(start).await?;
        self.verification.bell.ring();
        Ok(view)
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
    pub async fn verify(
        &self,
        challenge: Challenge,
        code: &Code,
        signed_in: Option<SignedIn>,
    ) -> Result<SignedIn, VerifyError> {
        let verification = &self.verification;
        let now = verification.moment.now();
        let is_own = |signed_in: &SignedIn| challenge.session == Some(signed_in.session.id);
        let signed_in = signed_in.filter(is_own).ok_or(VerifyError::Closed)?;
        verification.check(&challenge, code, now).await?;
        self.complete(&challenge, Method::Sms, signed_in, now).await
    }

    /// Notes that the method was proved in the session, once its step is met.
    async fn complete(
        &self,
        challenge: &Challenge,
        method: Method,
        mut signed_in: SignedIn,
        now: Timestamp,
    ) -> Result<SignedIn, VerifyError> {
        for _ in 0..LOOKS {
            let from = signed_in.session.generation;
            let session = signed_in.session.stepped_up(method, now);
            let complete = CompleteStepUp {
                challenge: challenge.id,
                from,
                session: session.clone(),
                now,
                audit: self.verification.event_of(challenge, AuditKind::SessionSteppedUp, now),
            };
            match self.step_ups.complete(complete).await? {
                StepUpOutcome::SteppedUp => return Ok(SignedIn { session, user: signed_in.user }),
                StepUpOutcome::Closed => return Err(VerifyError::Closed),
                StepUpOutcome::Lost => {
                    let found = self.authentication.signed_ins.find(session.id).await?;
                    let live = found.filter(|found| self.authentication.is_live(found, now));
                    signed_in = live.ok_or(VerifyError::Closed)?;
                }
            }
        }
        Err(VerifyError::Closed)
    }
}
