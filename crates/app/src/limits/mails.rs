use doorward_kernel::{EmailAddress, StoreError, Timestamp};
use doorward_limit::{BudgetKind, DrawOutcome, MailCaller, mail_draws};

use super::Guard;
use crate::metrics;

/// Whether a code goes out. Its caller sees no difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posting {
    /// It does.
    Sent,
    /// It does not: a budget is used up.
    Withheld,
}

impl Guard {
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
        let Some(mut draws) = mail_draws(&*self.digests, &self.limits, address, caller) else {
            metrics::mail_withheld(BudgetKind::EMAIL_STRANGERS.as_str());
            return Ok(Posting::Withheld);
        };
        let all = draws.clone();
        if is_decoy {
            draws.retain(|draw| draw.key.kind != BudgetKind::EMAIL_BUDGET);
        }
        let outcome = self.budgets.draw(draws, now).await?;
        self.warn_of(&all, now).await?;
        Ok(match &outcome {
            DrawOutcome::Admitted => Posting::Sent,
            DrawOutcome::Refused(_) => {
                outcome.refused().first().inspect(|budget| metrics::mail_withheld(budget.kind.as_str()));
                Posting::Withheld
            }
        })
    }
}
