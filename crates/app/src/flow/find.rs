use doorward_kernel::{ChallengeId, StoreError, Timestamp};
use doorward_otp::{Challenge, Purpose, Step};

use super::{FoundFlow, Repeat, ResumeError, Verification, VerifyError};
use crate::limits::{Attempt, CallKind, Caller};

impl Verification {
    /// A try at the challenge, if it is open for one of these steps, or was met just now and may be met again;
    /// taken before it is looked at.
    #[tracing::instrument(level = "debug", name = "flow.find_open", skip_all)]
    pub async fn find_open(&self, id: ChallengeId, steps: &[Step], caller: &Caller) -> Result<Attempt, VerifyError> {
        let now = self.clock_and_ids.now();
        self.limiter.refuse_flow_again(id, caller, CallKind::Check, now)?;
        let lock = self.limiter.lock_flow(id).await;
        let found = self.flows.find(id).await?;
        self.limiter.note_flow(id, found.as_ref().map(|found| &found.challenge), caller, now);
        let may_try =
            |FoundFlow { challenge, .. }: &FoundFlow| self.may_try(challenge, now) && steps.contains(&challenge.step);
        let Some(found) = found.filter(may_try) else {
            self.limiter.admit_call(caller, None, now).await?;
            return Err(VerifyError::Closed);
        };
        Ok(self.lockouts.attempt((found.challenge, found.account), Some(lock), caller, now).await?)
    }

    /// A try at a challenge that was found open; taken before anything is compared.
    #[tracing::instrument(level = "debug", name = "flow.attempt", skip_all)]
    pub async fn attempt(
        &self,
        FoundFlow { challenge, account }: FoundFlow,
        caller: &Caller,
    ) -> Result<Attempt, VerifyError> {
        Ok(self.lockouts.attempt((challenge, account), None, caller, self.clock_and_ids.now()).await?)
    }

    /// The flow that a start names, where it names one that is open or was gone on with just now.
    ///
    /// One that the body names must be; those that cookies name count only if they are, and
    /// only what is open can be ambiguous.
    #[tracing::instrument(level = "debug", name = "flow.resumed", skip_all)]
    pub async fn resumed(
        &self,
        by_token: Option<ChallengeId>,
        by_cookies: &[ChallengeId],
        caller: &Caller,
    ) -> Result<Option<FoundFlow>, ResumeError> {
        let now = self.clock_and_ids.now();
        let mut found = Vec::new();
        for id in by_cookies {
            found.extend(self.flows.find(*id).await?.filter(|flow| self.may_try(&flow.challenge, now)));
        }
        // An open one goes before one that was met.
        found.sort_by_key(|flow| flow.challenge.closed_at.is_some());
        let mut open = found.iter().filter(|flow| flow.challenge.closed_at.is_none());
        let Some(id) = by_token else {
            return if open.nth(1).is_some() { Err(ResumeError::Ambiguous) } else { Ok(found.into_iter().next()) };
        };
        if open.any(|other| other.challenge.id != id) {
            return Err(ResumeError::Ambiguous);
        }
        let named = self.flows.find(id).await?.filter(|flow| self.may_try(&flow.challenge, now));
        if named.is_none() {
            self.limiter.admit_call(caller, None, now).await?;
            return Err(ResumeError::Closed);
        }
        Ok(named)
    }

    /// The step that followed one that was met just now, for the submit that met it and came twice.
    ///
    /// Only for who has just shown what leads to a step of that purpose; `None` once it was gone on with.
    pub(crate) async fn repeated(
        &self,
        done: ChallengeId,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<Challenge>, StoreError> {
        let next = self.flows.repeat(Repeat { done, met_after: now - self.policy.repeat_leeway, now }).await?;
        Ok(next.filter(|next| next.purpose == purpose))
    }

    /// Returns whether any of the flows is open.
    #[tracing::instrument(level = "debug", name = "flow.is_any_open", skip_all)]
    pub async fn is_any_open(&self, flows: &[ChallengeId]) -> Result<bool, StoreError> {
        let now = self.clock_and_ids.now();
        for id in flows {
            if self.flows.find(*id).await?.is_some_and(|flow| flow.challenge.denial(now).is_none()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn may_try(&self, challenge: &Challenge, now: Timestamp) -> bool {
        challenge.denial(now).is_none() || challenge.may_repeat(&self.policy, now)
    }
}
