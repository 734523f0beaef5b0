use doorward_kernel::{SessionId, StoreError, Timestamp, UserId};
use doorward_limit::{BudgetKind, Check, CheckKind, Draw};
use doorward_otp::{KnownDevice, Target};
use doorward_user::User;

use super::{AdmitError, Caller, FailureTry, Lockouts, TryEnd, failures::Tried, limiter::of_device};

/// A try at a password, counted before anything is compared.
#[derive(Clone, Debug)]
pub(crate) struct PasswordTry {
    /// The rows of failures it was counted in; none once the budget of the day is used up.
    failure: FailureTry,
    /// What is given back when it is right.
    when_right: Vec<Draw>,
    /// What is given back when it is wrong.
    when_wrong: Vec<Draw>,
}

impl PasswordTry {
    /// Whether right and wrong are told apart.
    pub(crate) fn is_looked_at(&self) -> bool {
        self.failure.is_looked_at()
    }
}

impl Lockouts {
    /// Counts a try in a flow, whose own draws are done already.
    pub(crate) async fn password_step(
        &self,
        identifier: &Target,
        known: Option<KnownDevice>,
        now: Timestamp,
    ) -> Result<PasswordTry, AdmitError> {
        self.password_try(Tried::Password(identifier.clone()), &[], self.failures_of(identifier, known), now).await
    }

    /// Counts a try that comes with its identifier, in no flow.
    pub(crate) async fn password_alone(
        &self,
        identifier: &Target,
        known: Option<KnownDevice>,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<PasswordTry, AdmitError> {
        let of_caller = self.limiter.failure_draws(caller, known);
        let aloud = [vec![self.limiter.call_draw(caller, known)], of_caller.clone()].concat();
        let failures = self.failures_of(identifier, known);
        let mut tried = self.password_try(Tried::Password(identifier.clone()), &aloud, failures, now).await?;
        tried.when_right.extend(of_caller);
        Ok(tried)
    }

    /// Counts a try at the current password for a change in a session; `more` is drawn aloud for
    /// the change itself, and given back if the password is wrong.
    pub(crate) async fn password_change(
        &self,
        caller: &Caller,
        (user, session): (UserId, SessionId),
        more: Vec<Draw>,
        now: Timestamp,
    ) -> Result<PasswordTry, AdmitError> {
        let mut aloud = vec![self.limiter.call_draw(caller, None)];
        aloud.extend(more.iter().filter(|draw| draw.key.kind != BudgetKind::IP_CREDENTIALS).cloned());
        let failures = vec![self.session_failure(session)];
        let tried = self.password_try(Tried::OwnPassword(user), &aloud, failures, now).await?;
        Ok(PasswordTry { when_wrong: aloud.split_off(1), ..tried })
    }

    /// Settles a try, now that one knows.
    pub(crate) async fn settle(&self, tried: PasswordTry, end: TryEnd, now: Timestamp) -> Result<(), StoreError> {
        self.end_try(tried.failure, end, now).await?;
        match end {
            TryEnd::Right => self.limiter.spray.on_check(CheckKind::Password, Check::Passed, now),
            TryEnd::Wrong => self.limiter.spray.on_check(CheckKind::Password, Check::Failed, now),
            TryEnd::Unread => {}
        }
        let draws = match end {
            TryEnd::Right => tried.when_right,
            TryEnd::Wrong => tried.when_wrong,
            TryEnd::Unread => [tried.when_right, tried.when_wrong].concat(),
        };
        if draws.is_empty() { Ok(()) } else { self.limiter.budgets.refund(draws, now).await }
    }

    /// A password that is set anew has no wrong ones behind it, nor wrong ones of the day.
    pub(crate) async fn password_is_set(&self, user: &User) -> Result<(), StoreError> {
        let name = Target::Email(user.email.clone());
        let known = KnownDevice(self.limiter.digests.digest(BudgetKind::WRONG_CODES_KNOWN, name.as_str()));
        let keys: Vec<_> = self.failures_of(&name, Some(known)).into_iter().map(|draw| draw.key).collect();
        for key in &keys {
            self.limiter.budgets.reset(*key).await?;
        }
        self.failure_rows.clear(keys).await
    }

    /// The name that tries at a password count for: a number that an account has proved is no second set of tries.
    pub(crate) async fn counted_as(&self, identifier: &Target) -> Result<Target, StoreError> {
        let Target::Phone(number) = identifier else { return Ok(identifier.clone()) };
        let owner = self.limiter.users.find_by_phone(number).await?.owner;
        Ok(owner.map_or_else(|| identifier.clone(), |owner| Target::Email(owner.email)))
    }

    /// Draws and counts; what comes while others are waited for is refused in silence and costs nothing.
    ///
    /// `failures` has the budgets of the identifier whose rows the try may count in.
    async fn password_try(
        &self,
        tried: Tried,
        aloud: &[Draw],
        failures: Vec<Draw>,
        now: Timestamp,
    ) -> Result<PasswordTry, AdmitError> {
        let first = failures.get(..1).unwrap_or_default();
        let untold = |failure| PasswordTry { failure, when_right: vec![], when_wrong: vec![] };
        if !self.limiter.admit_or_hush(aloud, first, now).await? {
            return Ok(untold(FailureTry::uncounted(tried)));
        }
        let failure = self.count_try(tried, failures.iter().map(|failure| failure.key).collect(), now).await?;
        if failure.is_looked_at() {
            return Ok(PasswordTry { when_right: first.to_vec(), ..untold(failure) });
        }
        self.limiter.budgets.refund(first.to_vec(), now).await?;
        Ok(untold(failure))
    }

    fn failures_of(&self, identifier: &Target, known: Option<KnownDevice>) -> Vec<Draw> {
        let limit = &self.limiter.limits.password_failures;
        let of_all = self.limiter.one(BudgetKind::PASSWORD_FAILURES, identifier.as_str(), limit);
        let of_known = known.map(|device| of_device(BudgetKind::PASSWORD_FAILURES_KNOWN, device, limit));
        of_known.into_iter().chain([of_all]).collect()
    }

    /// The session's own: neither strangers nor other sessions can use it up.
    fn session_failure(&self, session: SessionId) -> Draw {
        self.limiter.one(
            BudgetKind::PASSWORD_FAILURES_KNOWN,
            &session.to_string(),
            &self.limiter.limits.password_failures,
        )
    }
}
