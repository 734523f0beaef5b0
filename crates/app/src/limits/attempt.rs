use doorward_kernel::{StoreError, Timestamp, UserId};
use doorward_limit::{BudgetKey, BudgetKind, Check, CheckKind, Draw, Limit};
use doorward_otp::{Challenge, Purpose, Step, Subject, Target};

use super::{AdmitError, Caller, Lockouts};

/// A try at an open challenge, counted against every budget before anything is compared.
///
/// What turns out right is given back; what crashes in between stays counted.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The challenge.
    pub challenge: Challenge,
    /// Whether right and wrong are told apart; not once a budget of the identifier is used up
    /// or the number is disabled. Then a right code is wrong, and counted as such.
    pub(crate) is_looked_at: bool,
    /// What it drew on its caller.
    of_caller: Vec<Draw>,
    /// What it drew on the identifier and its account.
    of_identifier: Vec<Draw>,
}

impl Lockouts {
    /// Counts a try; a challenge without a code draws for its caller alone, and what it asks for draws more.
    pub(crate) async fn attempt(
        &self,
        challenge: Challenge,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Attempt, AdmitError> {
        let known = challenge.known_device;
        let of_caller = self.limiter.failure_draws(caller, known);
        let aloud = [vec![self.limiter.call_draw(caller, known)], of_caller.clone()].concat();
        let hushed = self.identifier_draws(&challenge);
        let is_looked_at = self.limiter.admit_or_hush(&aloud, &hushed, now).await?;
        let of_identifier = if is_looked_at { hushed } else { Vec::new() };
        Ok(Attempt { challenge, is_looked_at, of_caller, of_identifier })
    }

    /// Gives back what a right try drew, and ends the row of wrong ones.
    pub(crate) async fn was_right(&self, attempt: &Attempt, now: Timestamp) -> Result<(), StoreError> {
        if attempt.challenge.step.is_code() || attempt.challenge.step == Step::Totp {
            self.limiter.spray.on_check(CheckKind::Code, Check::Passed, now);
        }
        let whole = |draw: &Draw| match draw.key.kind {
            BudgetKind::WRONG_IN_A_ROW => Draw { cost: self.disable_after, ..draw.clone() },
            _ => draw.clone(),
        };
        let drawn = attempt.of_caller.iter().chain(&attempt.of_identifier);
        self.limiter.budgets.refund(drawn.map(whole).collect(), now).await
    }

    /// Gives back what a try drew on the identifier that came after the last one of its flow.
    ///
    /// It was never looked at, so a burst of hundreds costs an identifier no more than five.
    pub(crate) async fn was_late(&self, attempt: &Attempt, now: Timestamp) -> Result<(), StoreError> {
        if attempt.of_identifier.is_empty() {
            return Ok(());
        }
        self.limiter.budgets.refund(attempt.of_identifier.clone(), now).await
    }

    /// Gives back what a try drew whose code was not looked at, as the call was refused for something else.
    pub(crate) async fn was_unread(&self, attempt: &Attempt, now: Timestamp) -> Result<(), StoreError> {
        let drawn = attempt.of_caller.iter().chain(&attempt.of_identifier);
        self.limiter.budgets.refund(drawn.cloned().collect(), now).await
    }

    /// A number that was proved anew has no wrong codes behind it.
    pub(crate) async fn was_bound(&self, user: UserId, target: &Target) -> Result<(), StoreError> {
        self.limiter.budgets.reset(self.row_key(user, target)).await
    }

    fn identifier_draws(&self, challenge: &Challenge) -> Vec<Draw> {
        if !challenge.step.is_code() {
            return Vec::new();
        }
        let limit = self.limiter.limits.wrong_codes.clone();
        let key = match challenge.known_device {
            Some(device) => BudgetKey { kind: BudgetKind::WRONG_CODES_KNOWN, subject: device.0 },
            None => BudgetKey::new(&*self.limiter.digests, BudgetKind::WRONG_CODES, challenge.target.as_str()),
        };
        let mut draws = vec![Draw::one(key, limit)];
        // Nobody's number cannot be disabled: its row would have nobody to end it.
        if let (Purpose::Login, Step::SmsCode, Subject::Account(user)) =
            (challenge.purpose, challenge.step, challenge.subject)
        {
            draws.push(Draw::one(self.row_key(user, &challenge.target), Limit::in_all(self.disable_after)));
        }
        draws
    }

    fn row_key(&self, user: UserId, target: &Target) -> BudgetKey {
        let subject = format!("{user} {}", target.as_str());
        BudgetKey::new(&*self.limiter.digests, BudgetKind::WRONG_IN_A_ROW, &subject)
    }
}
