use std::time::Duration;

use doorward_kernel::Timestamp;
use doorward_limit::{BucketKind, Limit, Take};
use doorward_otp::{Challenge, Purpose, Step};
use doorward_user::User;

use super::{AdmitError, CallKind, Caller, FlowLock, Lockouts, Tried, TriedBy, Try};

const DAY: Duration = Duration::from_hours(24);

/// A try at an open challenge, counted against every limit before anything is compared.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The challenge.
    pub challenge: Challenge,
    /// The account whose it is, where both were found in one look.
    pub(crate) account: Option<User>,
    /// The try it was counted in.
    pub(crate) counted: Try,
    /// Keeps other tries at the flow waiting; none where it was found by other means.
    #[expect(dead_code, reason = "it is held, and never read")]
    lock: Option<FlowLock>,
}

impl Lockouts {
    /// Counts a try; a challenge without a code takes from its caller's limits alone, and what it asks for takes more.
    pub(crate) async fn attempt(
        &self,
        (challenge, account): (Challenge, Option<User>),
        lock: Option<FlowLock>,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Attempt, AdmitError> {
        let of_caller = self.limiter.takes_of_call(caller, challenge.known_device, CallKind::Check);
        let tried = Tried::of(&challenge);
        let of_tried = tried.as_ref().map_or_else(Vec::new, |tried| self.takes_of(&challenge, tried));
        let counted = Try { tried, of_caller, of_tried, ..Try::default() };
        let counted = self.take(counted, now).await?;
        Ok(Attempt { challenge, account, counted, lock })
    }

    fn takes_of(&self, challenge: &Challenge, tried: &Tried) -> Vec<Take> {
        let by = TriedBy::of(challenge, tried);
        let mut takes = self.day_takes(tried, by);
        if challenge.purpose == Purpose::Login && challenge.step == Step::SmsCode {
            let key = self.day_key(BucketKind::WRONG_IN_A_ROW, tried, &by.name());
            takes.push(Take::one(key, self.in_a_row(tried, by)));
        }
        takes
    }

    /// Returns how many wrong codes in a row by SMS are compared.
    ///
    /// Strangers and those who know the password disable a number until it is bound anew. A known device
    /// or a session of its owner is never shut out for good, and then has a try a day. Nobody's number has
    /// no owner to bind it anew, so it opens again within the day.
    fn in_a_row(&self, tried: &Tried, by: TriedBy) -> Limit {
        let count = self.policy.disable_after;
        match tried {
            Tried::Claim(_) => Limit::per(count, DAY),
            _ if by.all().is_some() => Limit::per(count, DAY * count),
            _ => Limit::in_all(count),
        }
    }
}
