use std::time::Duration;

use doorward_kernel::{EmailAddress, StoreError, Timestamp};
use doorward_limit::{BudgetKind, Draw, DrawOutcome, Limit, MailCaller, Rate, mail_draws, shared_mail_draw};

use super::RateLimiter;
use crate::metrics;

/// Whether a code goes out. Its caller sees no difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posting {
    /// It does.
    Sent,
    /// It does not: a budget is used up.
    Withheld,
}

impl RateLimiter {
    /// Draws for a mail with a code on its address, for a decoy, which sends none, as well.
    pub(crate) async fn mail(
        &self,
        address: &EmailAddress,
        caller: MailCaller,
        now: Timestamp,
    ) -> Result<Posting, StoreError> {
        let draws = match self.draws_of_mail(address, caller, now) {
            Ok(draws) => draws,
            Err(used_up) => return Ok(posting(Some(used_up))),
        };
        let outcome = self.budgets.draw(draws, now).await?;
        Ok(posting(outcome.refused().first().map(|refused| refused.kind)))
    }

    /// What a mail with a code draws on its address, or the limit that is used up already.
    ///
    /// What is there for all is drawn on when the mail goes out; here it is known whether it is used up.
    pub(super) fn draws_of_mail(
        &self,
        address: &EmailAddress,
        caller: MailCaller,
        now: Timestamp,
    ) -> Result<Vec<Draw>, BudgetKind> {
        if let Some(exhausted) = self.memory.leases.exhausted(&[self.draw_of_all_mail()], now) {
            return Err(exhausted.key.kind);
        }
        mail_draws(&*self.digests, &self.limits, address, caller).ok_or(BudgetKind::EMAIL_STRANGERS)
    }

    /// Draws on what is there for all as a mail with a code is about to be sent.
    pub(crate) async fn try_send_mail(&self, now: Timestamp) -> Result<Posting, StoreError> {
        let drawn = self.draw_shared(&[self.draw_of_all_mail()], now).await?;
        Ok(posting(drawn.err().map(|exhausted| exhausted.key.kind)))
    }

    /// What a mail with a code draws on what is there for all.
    pub(crate) fn draw_of_all_mail(&self) -> Draw {
        shared_mail_draw(&*self.digests, &self.limits)
    }

    /// Whether a stranger's call may have a notice sent to an address: once an hour for each, whoever calls.
    pub(crate) async fn notice_by_stranger(&self, address: &EmailAddress, now: Timestamp) -> Result<bool, StoreError> {
        let hourly = Rate::per(1, Duration::from_hours(1)).map_or(Limit::OFF, Limit::from);
        let draw = self.one(BudgetKind::NOTICES, address.key(), &hourly);
        Ok(self.budgets.draw(vec![draw], now).await? == DrawOutcome::Admitted)
    }

    /// Whether the owner of an address is told that somebody tried to register it: once a day, whoever tries.
    ///
    /// An address that is free draws on a limit of its own, so that both take as long.
    pub(crate) async fn notice_of_registration(
        &self,
        address: &EmailAddress,
        is_taken: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let daily = Rate::per(1, Duration::from_hours(24)).map_or(Limit::OFF, Limit::from);
        let whose = if is_taken { "taken" } else { "free" };
        let draw = self.one(BudgetKind::NOTICES, &format!("{} {whose}", address.key()), &daily);
        Ok(self.budgets.draw(vec![draw], now).await? == DrawOutcome::Admitted)
    }
}

/// Whether a mail goes out; counts one that does not, as that limit is used up.
pub(super) fn posting(used_up: Option<BudgetKind>) -> Posting {
    let Some(kind) = used_up else { return Posting::Sent };
    metrics::mail_withheld(kind.as_str());
    Posting::Withheld
}
