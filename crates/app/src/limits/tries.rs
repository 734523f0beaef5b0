use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BucketKind, CheckKind, CountedTry, LockoutKey, LockoutVerdict, Take};

use super::{AdmitError, Attempt, Caller, Lockouts, Tried, TriedBy, refusals::count_unread};
use crate::SignedIn;

/// A try at a password or a code of an app, counted as a failure before anything is compared.
#[derive(Clone, Debug)]
pub(crate) struct Try {
    tried: Tried,
    /// The lockouts that it went through, to be cleared by a success or with what that leads to.
    pub(crate) passed: Vec<LockoutKey>,
    /// What it was counted in; `None` once the limit of the day is used up.
    counted: Option<CountedTry>,
    /// What is given back when it is right.
    when_right: Vec<Take>,
    /// What is given back when it is wrong.
    when_wrong: Vec<Take>,
}

/// How a try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TryEnd {
    Right,
    /// The same, and its lockouts were cleared with what it led to.
    RightAndCleared,
    Wrong,
    /// It was not compared, or came too late, so it tells nothing.
    Unread,
}

impl TryEnd {
    /// The end of a try that was compared.
    pub(crate) const fn of(is_right: bool) -> Self {
        if is_right { Self::Right } else { Self::Wrong }
    }
}

impl Try {
    const fn at(tried: Tried, when_right: Vec<Take>, when_wrong: Vec<Take>) -> Self {
        Self { tried, passed: Vec::new(), counted: None, when_right, when_wrong }
    }

    /// Whether right and wrong are told apart.
    pub(crate) fn is_looked_at(&self) -> bool {
        self.counted.as_ref().is_some_and(CountedTry::is_open)
    }
}

impl Lockouts {
    /// Counts a try at a password in a flow, which has taken from its caller's limits already.
    pub(crate) async fn password_step(&self, tried: Tried, by: TriedBy, now: Timestamp) -> Result<Try, AdmitError> {
        self.try_at((tried, by), Vec::new(), Vec::new(), Vec::new(), now).await
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
        let call = vec![self.limiter.call_take(caller, known)];
        self.try_at((tried, by), call, self.limiter.failure_takes(caller, known), Vec::new(), now).await
    }

    /// Counts a try at the current password for a change in a session; `more` is taken for
    /// the change itself and refused explicitly, and given back if the password is wrong.
    pub(crate) async fn password_change(
        &self,
        SignedIn { session, user }: &SignedIn,
        caller: &Caller,
        mut more: Vec<Take>,
        now: Timestamp,
    ) -> Result<Try, AdmitError> {
        let known = self.limiter.device_of(caller, user.device_owner());
        let by = known.map_or(TriedBy::Session(session.id), TriedBy::Device);
        let call = vec![self.limiter.call_take(caller, known)];
        more.retain(|take| take.key.kind != BucketKind::IP_CREDENTIALS);
        let of_caller = self.limiter.failure_takes(caller, known);
        self.try_at((Tried::Password(user.id), by), call, of_caller, more, now).await
    }

    /// Counts a try at the app that its owner bound at that instant, for a change in a session.
    ///
    /// It counts for the host as well: a session is no licence to guess.
    pub(crate) async fn totp_change(
        &self,
        SignedIn { session, user }: &SignedIn,
        caller: &Caller,
        bound_at: Timestamp,
        now: Timestamp,
    ) -> Result<Try, AdmitError> {
        let known = self.limiter.device_of(caller, user.device_owner());
        let by = known.map_or(TriedBy::Session(session.id), TriedBy::Device);
        let tried = Tried::Totp { user: user.id, bound_at: Some(bound_at) };
        self.try_at((tried, by), Vec::new(), self.limiter.failure_takes(caller, known), Vec::new(), now).await
    }

    /// Counts a try at an app in a flow, which has taken from the limits of its caller and of the day.
    ///
    /// What is not compared is no failure, and what it took of the day is given back.
    pub(crate) async fn totp_step(
        &self,
        attempt: &mut Attempt,
        tried: Tried,
        now: Timestamp,
    ) -> Result<Try, StoreError> {
        let by = TriedBy::of(&attempt.challenge, &tried);
        let mut counted = Try::at(tried, Vec::new(), Vec::new());
        if attempt.is_looked_at {
            self.count_in_a_row(&mut counted, by, now).await?;
            attempt.is_looked_at = counted.is_looked_at();
            if !attempt.is_looked_at {
                self.was_late(attempt);
                attempt.of_tried.clear();
            }
        }
        Ok(counted)
    }

    /// Takes and counts; what comes while others are waited for is refused silently and costs nothing of the day.
    async fn try_at(
        &self,
        (tried, by): (Tried, TriedBy),
        stays: Vec<Take>,
        when_right: Vec<Take>,
        when_wrong: Vec<Take>,
        now: Timestamp,
    ) -> Result<Try, AdmitError> {
        let day = self.day_takes(&tried, by);
        let explicit = [stays, when_right.clone(), when_wrong.clone()].concat();
        let mut counted = Try::at(tried, when_right, when_wrong);
        if !self.limiter.admit_or_withhold(&explicit, &day, now).await? {
            return Ok(counted);
        }
        self.count_in_a_row(&mut counted, by, now).await?;
        if counted.is_looked_at() {
            counted.when_right.extend(day);
        } else {
            self.limiter.buckets.refund(day);
        }
        Ok(counted)
    }

    /// Counts a try, unless its lockouts wait or are disabled.
    async fn count_in_a_row(&self, counted: &mut Try, by: TriedBy, now: Timestamp) -> Result<(), StoreError> {
        // A known device that has failed too often is none, and counts as any stranger.
        let stranger = matches!(by, TriedBy::Device(_)).then_some(TriedBy::Stranger);
        let mut verdict = LockoutVerdict::Open;
        for by in [by].into_iter().chain(stranger) {
            let asked = self.lockouts(&counted.tried, by);
            counted.passed.extend(asked.iter().map(|lockout| lockout.key));
            let tried = self.store.count(asked, now).await?;
            verdict = tried.verdict;
            counted.counted = Some(tried);
            if verdict != LockoutVerdict::Disabled {
                break;
            }
        }
        count_unread(verdict);
        Ok(())
    }

    /// Settles a try, now that one knows: clears the lockouts that a right one went through, records what a
    /// wrong one did, and takes back one that tells nothing.
    pub(crate) async fn settle(&self, tried: Try, end: TryEnd, now: Timestamp) -> Result<(), StoreError> {
        let (spray, is_password) = (&self.limiter.spray, tried.tried.is_password());
        let refunds = match end {
            TryEnd::Right | TryEnd::RightAndCleared => {
                if is_password {
                    spray.was_right(CheckKind::Password, &tried.tried, now);
                }
                if end == TryEnd::Right && tried.is_looked_at() {
                    self.store.clear(tried.passed).await?;
                }
                tried.when_right
            }
            TryEnd::Wrong => {
                if is_password {
                    spray.was_wrong(CheckKind::Password, now);
                }
                for (_, lockout) in tried.counted.iter().flat_map(|counted| &counted.counted) {
                    self.note_failure(&tried.tried, lockout, now);
                }
                tried.when_wrong
            }
            TryEnd::Unread => {
                if let Some(counted) = tried.counted.filter(CountedTry::is_open) {
                    self.store.put_back(counted).await?;
                }
                [tried.when_right, tried.when_wrong].concat()
            }
        };
        self.limiter.buckets.refund(refunds);
        Ok(())
    }
}
