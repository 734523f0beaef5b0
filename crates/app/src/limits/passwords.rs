use doorward_kernel::{StoreError, Timestamp, UserId};
use doorward_limit::{BucketKind, CheckKind, LockoutKey, Take};
use doorward_otp::{KnownDevice, Target};

use super::{AdmitError, Caller, FailureTry, Lockouts, Tried, TriedBy, TryEnd};
use crate::SignedIn;

/// A try at a password, counted before anything is compared.
#[derive(Clone, Debug)]
pub(crate) struct PasswordTry {
    /// The lockouts it was counted in; none once the limit of the day is used up.
    failure: FailureTry,
    /// What is given back when it is right.
    when_right: Vec<Take>,
    /// What is given back when it is wrong.
    when_wrong: Vec<Take>,
}

impl PasswordTry {
    /// Whether right and wrong are told apart.
    pub(crate) fn is_looked_at(&self) -> bool {
        self.failure.is_looked_at()
    }

    /// The lockouts that it went through, to be cleared with what it leads to.
    pub(crate) fn passed(&self) -> Vec<LockoutKey> {
        self.failure.passed.clone()
    }
}

/// Whose password is tried, and by whom, in no session.
#[derive(Clone, Debug)]
pub(crate) struct PasswordGuess {
    tried: Tried,
    known: Option<KnownDevice>,
}

impl PasswordGuess {
    /// A guess at the password of the account that has the name, if one has.
    ///
    /// A device counts only where it is known to that very account.
    pub(crate) fn at(name: &Target, owner: Option<UserId>, known: Option<KnownDevice>) -> Self {
        let nobodys = || Self { tried: Tried::NobodysPassword(name.clone()), known: None };
        owner.map_or_else(nobodys, |owner| Self { tried: Tried::Password(owner), known })
    }

    const fn by(&self) -> TriedBy {
        match self.known {
            Some(device) => TriedBy::Device(device),
            None => TriedBy::Stranger,
        }
    }
}

impl Lockouts {
    /// Counts a try in a flow, which has taken from its caller's limits already.
    pub(crate) async fn password_step(&self, guess: PasswordGuess, now: Timestamp) -> Result<PasswordTry, AdmitError> {
        let by = guess.by();
        self.password_try(guess.tried, by, &[], now).await
    }

    /// Counts a try that comes with its identifier, in no flow.
    pub(crate) async fn password_alone(
        &self,
        guess: PasswordGuess,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<PasswordTry, AdmitError> {
        let of_caller = self.limiter.failure_takes(caller, guess.known);
        let explicit = [vec![self.limiter.call_take(caller, guess.known)], of_caller.clone()].concat();
        let by = guess.by();
        let mut tried = self.password_try(guess.tried, by, &explicit, now).await?;
        tried.when_right.extend(of_caller);
        Ok(tried)
    }

    /// Counts a try at the current password for a change in a session; `more` is taken for
    /// the change itself and refused explicitly, and given back if the password is wrong.
    pub(crate) async fn password_change(
        &self,
        caller: &Caller,
        SignedIn { session, user }: &SignedIn,
        more: Vec<Take>,
        now: Timestamp,
    ) -> Result<PasswordTry, AdmitError> {
        let known = self.limiter.device_of(caller, user.device_owner());
        let of_caller = self.limiter.failure_takes(caller, known);
        let mut explicit = [vec![self.limiter.call_take(caller, known)], of_caller.clone()].concat();
        let taken = explicit.len();
        explicit.extend(more.iter().filter(|take| take.key.kind != BucketKind::IP_CREDENTIALS).cloned());
        let by = known.map_or(TriedBy::Session(session.id), TriedBy::Device);
        let mut tried = self.password_try(Tried::Password(user.id), by, &explicit, now).await?;
        tried.when_right.extend(of_caller);
        Ok(PasswordTry { when_wrong: explicit.split_off(taken), ..tried })
    }

    /// Settles a try, now that one knows.
    pub(crate) async fn settle(&self, tried: PasswordTry, end: TryEnd, now: Timestamp) -> Result<(), StoreError> {
        match end {
            TryEnd::Right | TryEnd::RightAndCleared => {
                self.limiter.spray.was_right(CheckKind::Password, &tried.failure.tried, now);
            }
            TryEnd::Wrong => self.limiter.spray.was_wrong(CheckKind::Password, now),
            TryEnd::Unread => {}
        }
        self.end_try(tried.failure, end, now).await?;
        let takes = match end {
            TryEnd::Right | TryEnd::RightAndCleared => tried.when_right,
            TryEnd::Wrong => tried.when_wrong,
            TryEnd::Unread => [tried.when_right, tried.when_wrong].concat(),
        };
        self.limiter.buckets.refund(takes);
        Ok(())
    }

    /// A password that is set anew has no wrong ones behind it, nor wrong ones of the day.
    pub(crate) async fn password_is_set(&self, user: UserId) -> Result<(), StoreError> {
        self.is_bound(&Tried::Password(user)).await
    }

    /// Takes and counts; what comes while others are waited for is refused silently and costs nothing.
    async fn password_try(
        &self,
        tried: Tried,
        by: TriedBy,
        explicit: &[Take],
        now: Timestamp,
    ) -> Result<PasswordTry, AdmitError> {
        let day = self.day_takes(&tried, by);
        let untold = |failure| PasswordTry { failure, when_right: vec![], when_wrong: vec![] };
        if !self.limiter.admit_or_withhold(explicit, &day, now).await? {
            return Ok(untold(FailureTry::uncounted(tried)));
        }
        let failure = self.count_try(tried, by, now).await?;
        if failure.is_looked_at() {
            return Ok(PasswordTry { when_right: day, ..untold(failure) });
        }
        self.limiter.buckets.refund(day);
        Ok(untold(failure))
    }
}
