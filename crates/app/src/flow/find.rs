use doorward_kernel::{ChallengeId, StoreError, Timestamp};
use doorward_otp::{Challenge, Purpose, Step, Target};

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

    /// The flow that a start of a login with that identifier names, where it names one that is open or was gone on
    /// with just now.
    ///
    /// One that the body names must be; those that cookies name count only if they are, and
    /// only what is open can be ambiguous. `kind` is what the start takes for next.
    #[tracing::instrument(level = "debug", name = "flow.resumed", skip_all)]
    pub async fn resumed(
        &self,
        (by_token, by_cookies): (Option<ChallengeId>, &[ChallengeId]),
        (identifier, kind): (&Target, CallKind),
        caller: &Caller,
    ) -> Result<Option<FoundFlow>, ResumeError> {
        let now = self.clock_and_ids.now();
        let by_cookies = by_cookies.iter().copied().filter(|id| Some(*id) != by_token);
        let named: Vec<_> = by_cookies.chain(by_token).collect();
        self.limiter.refuse_resumed_again(&named, (identifier, kind), caller, now).await?;
        let mut found = Vec::new();
        for id in named {
            let flow = self.flows.find(id).await?;
            self.limiter.note_flow(id, flow.as_ref().map(|flow| &flow.challenge), caller, now);
            found.extend(flow.filter(|flow| self.may_try(&flow.challenge, now)));
        }
        let resumed = choose(found, by_token);
        if resumed.is_err() {
            self.limiter.admit_call(caller, None, now).await?;
        }
        resumed
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

/// The one of these flows that is gone on with: the named one, or else an open one before one that was met.
fn choose(found: Vec<FoundFlow>, by_token: Option<ChallengeId>) -> Result<Option<FoundFlow>, ResumeError> {
    let (open, met): (Vec<_>, Vec<_>) = found.into_iter().partition(|flow| flow.challenge.closed_at.is_none());
    let Some(id) = by_token else {
        return if open.len() > 1 { Err(ResumeError::Ambiguous) } else { Ok(open.into_iter().chain(met).next()) };
    };
    if open.iter().any(|flow| flow.challenge.id != id) {
        return Err(ResumeError::Ambiguous);
    }
    open.into_iter().chain(met).find(|flow| flow.challenge.id == id).map(Some).ok_or(ResumeError::Closed)
}
