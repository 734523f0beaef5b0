use doorward_kernel::{StoreError, Timestamp, UserId};
use doorward_limit::{BudgetKind, Draw};
use doorward_otp::{KnownDevice, Target};

use super::{
    AdmitError, Caller, Guard,
    guard::{of_device, subject_of},
};

/// A try at a password, counted before anything is compared.
#[derive(Clone, Debug)]
pub(crate) struct PasswordTry {
    /// Whether right and wrong are told apart.
    pub(crate) is_looked_at: bool,
    /// What is given back when it is right.
    when_right: Vec<Draw>,
    /// What is given back when it is wrong.
    when_wrong: Vec<Draw>,
}

impl Guard {
    /// Counts a try in a flow, whose own draws are done already.
    pub(crate) async fn password_step(
        &self,
        identifier: &Target,
        known: Option<KnownDevice>,
        now: Timestamp,
    ) -> Result<PasswordTry, AdmitError> {
        self.password_try(&[], self.failure_of(identifier, known), now).await
    }

    /// Counts a try that comes with its identifier, in no flow.
    pub(crate) async fn password_alone(
        &self,
        identifier: &Target,
        known: Option<KnownDevice>,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<PasswordTry, AdmitError> {
        let of_caller = self.failure_draws(caller, known);
        let aloud = [vec![self.call_draw(caller, known)], of_caller.clone()].concat();
        let mut tried = self.password_try(&aloud, self.failure_of(identifier, known), now).await?;
        tried.when_right.extend(of_caller);
        Ok(tried)
    }

    /// Counts a try at the current password for a change in a session; `more` is drawn aloud for
    /// the change itself, and given back if the password is wrong.
    pub(crate) async fn password_change(
        &self,
        caller: &Caller,
        user: UserId,
        more: Vec<Draw>,
        now: Timestamp,
    ) -> Result<PasswordTry, AdmitError> {
        // The account's own: strangers cannot use it up.
        let failure = self.one(BudgetKind::PASSWORD_FAILURES_KNOWN, &user.to_string(), &self.limits.password_failures);
        let mut aloud = vec![self.call_draw(caller, None)];
        aloud.extend(more.iter().filter(|draw| draw.key.kind != BudgetKind::IP_CREDENTIALS).cloned());
        let tried = self.password_try(&aloud, failure, now).await?;
        Ok(PasswordTry { when_wrong: aloud.split_off(1), ..tried })
    }

    /// Settles a try, now that one knows.
    pub(crate) async fn settle(&self, tried: PasswordTry, is_right: bool, now: Timestamp) -> Result<(), StoreError> {
        let draws = if is_right { tried.when_right } else { tried.when_wrong };
        if draws.is_empty() { Ok(()) } else { self.budgets.refund(draws, now).await }
    }

    async fn password_try(&self, aloud: &[Draw], failure: Draw, now: Timestamp) -> Result<PasswordTry, AdmitError> {
        let is_looked_at = self.admit_or_hush(aloud, std::slice::from_ref(&failure), now).await?;
        let when_right = if is_looked_at { vec![failure] } else { Vec::new() };
        Ok(PasswordTry { is_looked_at, when_right, when_wrong: Vec::new() })
    }

    fn failure_of(&self, identifier: &Target, known: Option<KnownDevice>) -> Draw {
        let limit = &self.limits.password_failures;
        match known {
            Some(device) => of_device(BudgetKind::PASSWORD_FAILURES_KNOWN, device, limit),
            None => self.one(BudgetKind::PASSWORD_FAILURES, subject_of(identifier), limit),
        }
    }
}
