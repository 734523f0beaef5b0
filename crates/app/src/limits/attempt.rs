use std::time::Duration;

use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BucketKind, CheckKind, Limit, Take, TakeOutcome};
use doorward_otp::{Challenge, Purpose, Step};
use doorward_user::User;

use super::{AdmitError, Caller, FlowLock, Lockouts, Tried, TriedBy};

const DAY: Duration = Duration::from_hours(24);

/// A try at an open challenge, counted against every limit before anything is compared.
///
/// What turns out right is given back; what crashes in between stays counted.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The challenge.
    pub challenge: Challenge,
    /// The account whose it is, where both were found in one look.
    pub(crate) account: Option<User>,
    /// Whether right and wrong are told apart; not once a limit of what is tried is used up
    /// or the number is disabled. Then a right code is wrong, and counted as such.
    pub(crate) is_looked_at: bool,
    /// Keeps other tries at the flow waiting; none where it was found by other means.
    #[expect(dead_code, reason = "it is held, and never read")]
    lock: Option<FlowLock>,
    /// What it took from the limits of its caller.
    of_caller: Vec<Take>,
    /// What it took from the limits of what it tries.
    pub(super) of_tried: Vec<Take>,
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
        let known = challenge.known_device;
        let of_caller = self.limiter.failure_takes(caller, known);
        let explicit = [vec![self.limiter.call_take(caller, known)], of_caller.clone()].concat();
        let silent = self.takes_of(&challenge);
        let is_looked_at = self.limiter.admit_or_withhold(&explicit, &silent, now).await?;
        let of_tried = if is_looked_at { silent } else { Vec::new() };
        Ok(Attempt { challenge, account, is_looked_at, lock, of_caller, of_tried })
    }

    /// Gives back what a right try took, and clears the failures in a row.
    pub(crate) fn was_right(&self, attempt: &Attempt, now: Timestamp) {
        if let Some(tried) = Tried::of(&attempt.challenge) {
            self.limiter.spray.was_right(CheckKind::Code, &tried, now);
        }
        let whole = |take: &Take| match take.key.kind {
            BucketKind::WRONG_IN_A_ROW => Take { cost: self.policy.disable_after, ..take.clone() },
            _ => take.clone(),
        };
        self.limiter.buckets.refund(attempt.of_caller.iter().chain(&attempt.of_tried).map(whole));
    }

    /// Looks whether a wrong code by SMS was the one that disabled the number.
    ///
    /// The same is done for a number of nobody, so that both take as long.
    pub(crate) async fn was_wrong(&self, attempt: &Attempt, now: Timestamp) -> Result<(), StoreError> {
        let in_a_row = |take: &&Take| take.key.kind == BucketKind::WRONG_IN_A_ROW;
        let Some(take) = attempt.of_tried.iter().find(in_a_row) else { return Ok(()) };
        let outcome = self.limiter.buckets.store.peek(vec![take.clone()], now).await?;
        if outcome != TakeOutcome::Admitted
            && let Some(tried) = Tried::of(&attempt.challenge)
        {
            self.note_disabled(&tried, now);
        }
        Ok(())
    }

    /// Gives back what a try took from the limits of what it tries that came after the last one of its flow.
    ///
    /// It was never looked at, so a burst of hundreds costs an identifier no more than five.
    pub(crate) fn was_late(&self, attempt: &Attempt) {
        self.limiter.buckets.refund(attempt.of_tried.clone());
    }

    /// Gives back what a try took whose code was not looked at, as the call was refused for something else.
    pub(crate) fn was_unread(&self, attempt: &Attempt) {
        self.limiter.buckets.refund(attempt.of_caller.iter().chain(&attempt.of_tried).cloned());
    }

    fn takes_of(&self, challenge: &Challenge) -> Vec<Take> {
        let Some(tried) = Tried::of(challenge) else { return Vec::new() };
        let by = TriedBy::of(challenge, &tried);
        let mut takes = self.day_takes(&tried, by);
        if challenge.purpose == Purpose::Login && challenge.step == Step::SmsCode {
            let key = self.day_key(BucketKind::WRONG_IN_A_ROW, &tried, &by.name());
            takes.push(Take::one(key, self.in_a_row(&tried, by)));
        }
        takes
    }

    /// How many wrong codes in a row by SMS are looked at.
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
