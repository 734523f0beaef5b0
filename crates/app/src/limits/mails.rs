use std::time::Duration;

use doorward_kernel::{EmailAddress, StoreError, Timestamp};
use doorward_limit::{BudgetKind, Draw, DrawOutcome, Limit, MailCaller, Rate, mail_draws, owners_mail_draws};

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
    /// Draws for a mail with a code; for a decoy, which sends none, on the address alone.
    ///
    /// What nobody is sent must not use up what is there for all.
    pub(crate) async fn mail(
        &self,
        address: &EmailAddress,
        caller: MailCaller,
        is_decoy: bool,
        now: Timestamp,
    ) -> Result<Posting, StoreError> {
        let Some(draws) = mail_draws(&*self.digests, &self.limits, address, caller) else {
            metrics::mail_withheld(BudgetKind::EMAIL_STRANGERS.as_str());
            return Ok(Posting::Withheld);
        };
        let mut outcome = self.draw_mail(&draws, is_decoy, now).await?;
        if caller == MailCaller::Known && outcome != DrawOutcome::Admitted {
            let own = owners_mail_draws(&*self.digests, &self.limits, address);
            outcome = self.draw_mail(&own, is_decoy, now).await?;
        }
        self.warn_of(&draws, now).await?;
        Ok(match &outcome {
            DrawOutcome::Admitted => Posting::Sent,
            DrawOutcome::Refused(_) => {
                outcome.refused().first().inspect(|budget| metrics::mail_withheld(budget.kind.as_str()));
                Posting::Withheld
            }
        })
    }

    async fn draw_mail(&self, draws: &[Draw], is_decoy: bool, now: Timestamp) -> Result<DrawOutcome, StoreError> {
        let is_drawn = |draw: &&Draw| !is_decoy || draw.key.kind != BudgetKind::EMAIL_BUDGET;
        self.budgets.draw(draws.iter().filter(is_drawn).cloned().collect(), now).await
    }

    /// Whether a stranger's call may have a notice sent to an address: once an hour for each, whoever calls.
    pub(crate) async fn notice_by_stranger(&self, address: &EmailAddress, now: Timestamp) -> Result<bool, StoreError> {
        let hourly = Rate::per(1, Duration::from_hours(1)).map_or(Limit::OFF, Limit::from);
        let draw = self.one(BudgetKind::NOTICES, address.key(), &hourly);
        Ok(self.budgets.draw(vec![draw], now).await? == DrawOutcome::Admitted)
    }
}
