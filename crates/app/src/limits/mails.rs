use std::time::Duration;

use doorward_kernel::{EmailAddress, StoreError, Timestamp};
use doorward_limit::{BudgetKind, DrawOutcome, Limit, MailCaller, Rate, mail_draws, shared_mail_draw};

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
    ///
    /// What is there for all is drawn on when the mail goes out; here it is known whether it is used up.
    pub(crate) async fn mail(
        &self,
        address: &EmailAddress,
        caller: MailCaller,
        now: Timestamp,
    ) -> Result<Posting, StoreError> {
        let of_all = shared_mail_draw(&*self.digests, &self.limits);
        if let Some(exhausted) = self.memory.leases.exhausted(&[of_all], now) {
            return Ok(withheld(exhausted.key.kind));
        }
        let Some(draws) = mail_draws(&*self.digests, &self.limits, address, caller) else {
            return Ok(withheld(BudgetKind::EMAIL_STRANGERS));
        };
        let outcome = self.budgets.draw(draws, now).await?;
        Ok(outcome.refused().first().map_or(Posting::Sent, |refused| withheld(refused.kind)))
    }

    /// Draws on what is there for all as a mail with a code is about to be sent.
    pub(crate) async fn try_send_mail(&self, now: Timestamp) -> Result<Posting, StoreError> {
        let of_all = shared_mail_draw(&*self.digests, &self.limits);
        let drawn = self.draw_shared(&[of_all], now).await?;
        Ok(drawn.err().map_or(Posting::Sent, |exhausted| withheld(exhausted.key.kind)))
    }

    /// Whether a stranger's call may have a notice sent to an address: once an hour for each, whoever calls.
    pub(crate) async fn notice_by_stranger(&self, address: &EmailAddress, now: Timestamp) -> Result<bool, StoreError> {
        let hourly = Rate::per(1, Duration::from_hours(1)).map_or(Limit::OFF, Limit::from);
        let draw = self.one(BudgetKind::NOTICES, address.key(), &hourly);
        Ok(self.budgets.draw(vec![draw], now).await? == DrawOutcome::Admitted)
    }
}

/// Counts a mail that is not sent.
fn withheld(kind: BudgetKind) -> Posting {
    metrics::mail_withheld(kind.as_str());
    Posting::Withheld
}
