use doorward_kernel::{StoreError, Timestamp, UserId};
use doorward_limit::Take;

use super::{AdmitError, Attempt, Caller, FailureTry, Lockouts, Tried, TriedBy, TryEnd};
use crate::SignedIn;

/// A try at a code of an app, counted before anything is compared.
#[derive(Clone, Debug)]
pub(crate) struct TotpTry {
    /// The lockouts it was counted in; none once the limit of the day is used up.
    failure: FailureTry,
    /// What is given back unless it is wrong.
    taken: Vec<Take>,
}

/// Where a code of an app is given.
#[derive(Debug)]
pub(crate) enum TotpPlace<'a> {
    /// In a flow, which has taken from the limits of its caller and of the day.
    Flow(&'a mut Attempt),
    /// In a session, for a change to the account.
    Session(&'a SignedIn, &'a Caller),
}

impl TotpTry {
    /// Whether right and wrong are told apart.
    pub(crate) fn is_looked_at(&self) -> bool {
        self.failure.is_looked_at()
    }
}

impl Lockouts {
    /// Counts a try at the app that its owner bound at that instant.
    pub(crate) async fn totp_try(
        &self,
        place: TotpPlace<'_>,
        (user, bound_at): (UserId, Timestamp),
        now: Timestamp,
    ) -> Result<TotpTry, AdmitError> {
        let tried = Tried::Totp { user, bound_at: Some(bound_at) };
        match place {
            TotpPlace::Flow(attempt) => Ok(self.totp_step(attempt, tried, now).await?),
            TotpPlace::Session(signed_in, caller) => self.totp_change(signed_in, caller, tried, now).await,
        }
    }

    /// What is not compared is no failure, and what it took of the day is given back.
    async fn totp_step(&self, attempt: &mut Attempt, tried: Tried, now: Timestamp) -> Result<TotpTry, StoreError> {
        let taken = Vec::new();
        if !attempt.is_looked_at {
            return Ok(TotpTry { failure: FailureTry::uncounted(tried), taken });
        }
        let by = TriedBy::of(&attempt.challenge, &tried);
        let failure = self.count_try(tried, by, now).await?;
        if !failure.is_looked_at() {
            self.was_late(attempt);
            attempt.took_nothing_of_the_day();
        }
        Ok(TotpTry { failure, taken })
    }

    /// It counts for the host as well: a session is no licence to guess.
    async fn totp_change(
        &self,
        SignedIn { session, user }: &SignedIn,
        caller: &Caller,
        tried: Tried,
        now: Timestamp,
    ) -> Result<TotpTry, AdmitError> {
        let known = self.limiter.device_of(caller, user.device_owner());
        let by = known.map_or(TriedBy::Session(session.id), TriedBy::Device);
        let (of_caller, day) = (self.limiter.failure_takes(caller, known), self.day_takes(&tried, by));
        if !self.limiter.admit_or_withhold(&of_caller, &day, now).await? {
            return Ok(TotpTry { failure: FailureTry::uncounted(tried), taken: Vec::new() });
        }
        let failure = self.count_try(tried, by, now).await?;
        if failure.is_looked_at() {
            return Ok(TotpTry { failure, taken: [of_caller, day].concat() });
        }
        self.limiter.buckets.refund(day);
        Ok(TotpTry { failure, taken: Vec::new() })
    }

    /// Settles a try, now that one knows.
    pub(crate) async fn settle_totp(&self, tried: TotpTry, end: TryEnd, now: Timestamp) -> Result<(), StoreError> {
        self.end_try(tried.failure, end, now).await?;
        match end {
            TryEnd::Right | TryEnd::RightAndCleared | TryEnd::Unread if !tried.taken.is_empty() => {
                self.limiter.buckets.refund(tried.taken);
                Ok(())
            }
            TryEnd::Right | TryEnd::RightAndCleared | TryEnd::Unread | TryEnd::Wrong => Ok(()),
        }
    }

    /// An app that is bound anew has no wrong codes of the day behind it.
    pub(crate) async fn totp_is_bound(&self, user: UserId) -> Result<(), StoreError> {
        self.is_bound(&Tried::Totp { user, bound_at: None }).await
    }
}
