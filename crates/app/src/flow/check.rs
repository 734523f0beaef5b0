use doorward_kernel::{AuditKind, StoreError, Timestamp};
use doorward_otp::{Challenge, Code, EnteredCode, Step, Target};

use super::{CountOutcome, Verification, VerifyError};
use crate::{
    keys::open_or_refresh,
    limits::{Attempt, TryEnd},
};

impl Verification {
    /// Compares a code with the challenge's own; a wrong one is counted before the answer.
    pub(crate) async fn check(&self, attempt: &Attempt, code: &Code, now: Timestamp) -> Result<(), VerifyError> {
        let challenge = &attempt.challenge;
        let expected = open_or_refresh(&*self.epochs, || self.keys.code(challenge)).await.ok_or(VerifyError::Closed)?;
        let reviewers = &self.lockouts.reviewers;
        let of_reviewer = reviewers.code(challenge, now);
        // Nothing is sent to the number of a reviewer, so a code that is not the fixed one can only be guessed.
        let is_unsent = of_reviewer.is_none() && challenge.target.phone().is_some_and(|number| reviewers.has(number));
        // A decoy does the same work, and even its own right code is wrong.
        let is_right = of_reviewer.unwrap_or(&expected).matches(code)
            && !challenge.is_decoy()
            && !is_unsent
            && attempt.counted.is_looked_at;
        if !is_right {
            return Err(self.was_wrong(attempt, now).await?);
        }
        self.lockouts.settle(&attempt.counted, TryEnd::Right, now).await;
        if challenge.closed_at.is_none() {
            self.entered_codes.note(challenge.id);
        }
        if let (Step::PhoneCode, Target::Phone(number), None) = (challenge.step, &challenge.target, challenge.closed_at)
        {
            // What is sent to a number's owner is not counted where it was sent.
            let is_owner = attempt.account.as_ref().is_some_and(|account| account.has_verified(number));
            if !is_owner && !self.lockouts.reviewers.has(number) {
                self.phone_gate.verified(number, challenge.sent_at);
            }
        }
        Ok(())
    }

    /// The code that was sent, where a person may type a recovery code too; that counts as wrong here.
    #[tracing::instrument(level = "debug", name = "flow.sent_code", skip_all)]
    pub async fn sent_code(&self, attempt: &Attempt, code: EnteredCode) -> Result<Code, VerifyError> {
        match code {
            EnteredCode::Digits(code) => Ok(code),
            EnteredCode::Recovery(_) => Err(self.was_wrong(attempt, self.clock_and_ids.now()).await?),
        }
    }

    /// Gives back what a try took at a flow that the call is not for, which is closed to it.
    #[tracing::instrument(level = "debug", name = "flow.not_for_this", skip_all)]
    pub async fn not_for_this(&self, attempt: &Attempt) -> VerifyError {
        self.lockouts.was_unread(&attempt.counted, self.clock_and_ids.now()).await;
        VerifyError::Closed
    }

    /// Counts a wrong code; one that came after the last try of its flow costs the identifier nothing.
    pub(crate) async fn was_wrong(&self, attempt: &Attempt, now: Timestamp) -> Result<VerifyError, StoreError> {
        let counted = self.count_wrong(&attempt.challenge, now).await?;
        let is_late = matches!(counted, VerifyError::Closed) && attempt.challenge.closed_at.is_none();
        let end = if is_late { TryEnd::Late } else { TryEnd::Wrong };
        self.lockouts.settle(&attempt.counted, end, now).await;
        Ok(counted)
    }

    /// Counts a wrong code or password and gives what the caller is told.
    ///
    /// At a step that was met there is one guess and no more: a wrong one cuts its successor off.
    pub(crate) async fn count_wrong(&self, challenge: &Challenge, now: Timestamp) -> Result<VerifyError, StoreError> {
        if challenge.closed_at.is_some() {
            self.flows.cut_off(challenge.id).await?;
            return Ok(VerifyError::Closed);
        }
        let audit = self.event_of(challenge, AuditKind::FlowFailed, now);
        Ok(match self.flows.count_wrong(challenge.id, now, audit).await? {
            CountOutcome::Counted { attempts_left } => VerifyError::Incorrect { attempts_left },
            CountOutcome::Closed => VerifyError::Closed,
        })
    }
}
