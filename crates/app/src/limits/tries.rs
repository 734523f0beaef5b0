use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BucketKind, CheckKind, CountedTry, LockoutKey, LockoutVerdict, Take, TakeOutcome};

use super::{AdmitError, Attempt, CallKind, Caller, Lockouts, Tried, TriedBy, calls::is_call, refusals::count_unread};
use crate::SignedIn;

/// A try at a code or password, counted as a failure before anything is compared.
///
/// A right try is given back; one that crashes in between stays counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Try {
    /// The secret that is tried; `None` where the step asks for no code, and another try counts its answer.
    pub(super) tried: Option<Tried>,
    /// Whether right and wrong are told apart; not once a limit of what is tried is used up, or while it waits
    /// or is disabled. Then what is right is wrong, and counted as such.
    pub(crate) is_looked_at: bool,
    /// The lockouts that it went through, to be cleared by a success or with what that leads to.
    pub(crate) passed: Vec<LockoutKey>,
    /// The failures in a row that it was counted among.
    pub(super) in_a_row: Option<CountedTry>,
    /// The takes from the limits of its caller.
    pub(super) of_caller: Vec<Take>,
    /// The takes from the limits of what is tried.
    pub(super) of_tried: Vec<Take>,
    /// The takes for the change that it is for.
    pub(super) of_change: Vec<Take>,
}

/// The end of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TryEnd {
    Right,
    /// The same, and its lockouts were cleared with what it led to.
    RightAndCleared,
    Wrong,
    /// It came after the last one of its flow, so a burst of hundreds costs an identifier no more than five.
    Late,
    /// It was not compared, or came twice, so it tells nothing.
    Unread,
}

impl TryEnd {
    /// The end of a try that was compared.
    pub(crate) const fn of(is_right: bool) -> Self {
        if is_right { Self::Right } else { Self::Wrong }
    }
}

impl Lockouts {
    /// Counts a try at a password in a flow, which has taken from its caller's limits already.
    pub(crate) async fn password_step(
        &self,
        attempt: &Attempt,
        tried: Tried,
        by: TriedBy,
        now: Timestamp,
    ) -> Result<Try, AdmitError> {
        let counted = self.try_at(Try { tried: Some(tried), ..Try::default() }, by, now).await?;
        Ok(Try { of_caller: attempt.counted.of_caller.clone(), ..counted })
    }

    /// Counts a try at a password that comes with its identifier, in no flow.
    pub(crate) async fn password_alone(
        &self,
        tried: Tried,
        by: TriedBy,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Try, AdmitError> {
        let known = if let TriedBy::Device(device) = by { Some(device) } else { None };
        let of_caller = self.limiter.takes_of_call(caller, known, CallKind::Check);
        self.try_at(Try { tried: Some(tried), of_caller, ..Try::default() }, by, now).await
    }

    /// Counts a try at the current password for a change in a session; `of_change` is taken for
    /// the change itself and refused explicitly, and given back if the password is wrong.
    pub(crate) async fn password_change(
        &self,
        signed_in: &SignedIn,
        caller: &Caller,
        of_change: Vec<Take>,
        now: Timestamp,
    ) -> Result<Try, AdmitError> {
        let (by, of_caller) = self.in_session(signed_in, caller);
        let tried = Some(Tried::Password(signed_in.user.id));
        self.try_at(Try { tried, of_caller, of_change, ..Try::default() }, by, now).await
    }

    /// Counts a try at the app that its owner bound at that instant, for a change in a session.
    ///
    /// It counts for the host as well, but for the call, which is counted already: a session is no licence to guess.
    pub(crate) async fn totp_change(
        &self,
        signed_in: &SignedIn,
        caller: &Caller,
        bound_at: Timestamp,
        now: Timestamp,
    ) -> Result<Try, AdmitError> {
        let (by, mut of_caller) = self.in_session(signed_in, caller);
        let tried = Some(Tried::Totp { user: signed_in.user.id, bound_at: Some(bound_at) });
        of_caller.retain(|take| !is_call(take));
        self.try_at(Try { tried, of_caller, ..Try::default() }, by, now).await
    }

    /// Who tries in a session, which is the device if the account knows it, and what that takes.
    fn in_session(&self, SignedIn { session, user }: &SignedIn, caller: &Caller) -> (TriedBy, Vec<Take>) {
        let known = self.limiter.device_of(caller, user.device_owner());
        let by = known.map_or(TriedBy::Session(session.id), TriedBy::Device);
        (by, self.limiter.takes_of_call(caller, known, CallKind::Check))
    }

    /// Counts a try at an app in a flow, which has taken from the limits of its caller and of the day.
    pub(crate) async fn totp_step(
        &self,
        attempt: &mut Attempt,
        tried: Tried,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let by = TriedBy::of(&attempt.challenge, &tried);
        attempt.counted.tried = Some(tried);
        self.count_in_a_row(&mut attempt.counted, by, now).await
    }

    async fn try_at(&self, mut counted: Try, by: TriedBy, now: Timestamp) -> Result<Try, AdmitError> {
        counted.of_tried = counted.tried.iter().flat_map(|tried| self.day_takes(tried, by)).collect();
        let mut counted = self.take(counted, now).await?;
        self.count_in_a_row(&mut counted, by, now).await?;
        Ok(counted)
    }

    /// Takes what a try takes, from the limits of what is tried silently.
    pub(super) async fn take(&self, mut counted: Try, now: Timestamp) -> Result<Try, AdmitError> {
        let explicit = [&*counted.of_caller, &*counted.of_change].concat();
        counted.is_looked_at = self.limiter.admit_or_withhold(&explicit, &counted.of_tried, now).await?;
        if !counted.is_looked_at {
            counted.of_tried.clear();
        }
        Ok(counted)
    }

    /// Counts a try, unless its lockouts wait or are disabled: then it costs nothing of the day.
    async fn count_in_a_row(&self, counted: &mut Try, by: TriedBy, now: Timestamp) -> Result<(), StoreError> {
        let Some(tried) = counted.tried.as_ref().filter(|_| counted.is_looked_at) else { return Ok(()) };
        // A known device that has failed too often is none, and counts as any stranger.
        let stranger = matches!(by, TriedBy::Device(_)).then_some(TriedBy::Stranger);
        let mut verdict = LockoutVerdict::Open;
        for by in [by].into_iter().chain(stranger) {
            let asked = self.lockouts(tried, by);
            counted.passed.extend(asked.iter().map(|lockout| lockout.key));
            let in_a_row = self.store.count(asked, now).await?;
            verdict = in_a_row.verdict;
            counted.in_a_row = Some(in_a_row);
            if verdict != LockoutVerdict::Disabled {
                break;
            }
        }
        count_unread(verdict);
        if verdict != LockoutVerdict::Open {
            counted.is_looked_at = false;
            self.limiter.buckets.refund(counted.of_tried.drain(..));
        }
        Ok(())
    }

    /// Settles a try, now that one knows: clears the lockouts that a right one went through, records what a
    /// wrong one did, and gives back what it took for nothing.
    pub(crate) async fn settle(&self, counted: &Try, end: TryEnd, now: Timestamp) -> Result<(), StoreError> {
        let is_password = counted.tried.as_ref().is_some_and(Tried::is_password);
        let kind = if is_password { CheckKind::Password } else { CheckKind::Code };
        match end {
            TryEnd::Right | TryEnd::RightAndCleared => {
                if let Some(tried) = &counted.tried {
                    self.limiter.spray.was_right(kind, tried, now);
                }
                if end == TryEnd::Right && counted.is_looked_at && !counted.passed.is_empty() {
                    self.store.clear(counted.passed.clone()).await?;
                }
                self.limiter.give_back(counted.of_caller.iter().chain(&counted.of_tried).map(|take| self.whole(take)));
            }
            TryEnd::Wrong | TryEnd::Late => {
                self.limiter.spray.was_wrong(kind, now);
                self.note_wrong(counted, end, now).await?;
                let refunds = if end == TryEnd::Late { &counted.of_tried } else { &counted.of_change };
                self.limiter.give_back(refunds.iter().cloned());
            }
            TryEnd::Unread => {
                if let Some(in_a_row) = counted.in_a_row.clone().filter(CountedTry::is_open) {
                    self.store.put_back(in_a_row).await?;
                }
                self.was_unread(counted);
            }
        }
        Ok(())
    }

    /// Gives back what a try took that was not looked at, and is in no lockout.
    pub(crate) fn was_unread(&self, counted: &Try) {
        let taken = counted.of_caller.iter().chain(&counted.of_tried).chain(&counted.of_change);
        self.limiter.give_back(taken.cloned());
    }

    /// A success clears the failures in a row: it gives back all of them.
    fn whole(&self, take: &Take) -> Take {
        let cost = if take.key.kind == BucketKind::WRONG_IN_A_ROW { self.policy.disable_after } else { take.cost };
        Take { cost, ..take.clone() }
    }

    /// Lets be recorded what a wrong try led to.
    ///
    /// Whether it was the one that disabled a number is looked for at a number of nobody, too, so that both take as long.
    async fn note_wrong(&self, counted: &Try, end: TryEnd, now: Timestamp) -> Result<(), StoreError> {
        let Some(tried) = &counted.tried else { return Ok(()) };
        for (_, lockout) in counted.in_a_row.iter().flat_map(|in_a_row| &in_a_row.counted) {
            self.note_failure(tried, lockout, now);
        }
        let by_sms = counted.of_tried.iter().find(|take| take.key.kind == BucketKind::WRONG_IN_A_ROW);
        if let Some(take) = by_sms.filter(|_| end == TryEnd::Wrong)
            && self.limiter.buckets.store.peek(vec![take.clone()], now).await? != TakeOutcome::Admitted
        {
            self.note_disabled(tried, now);
        }
        Ok(())
    }
}
