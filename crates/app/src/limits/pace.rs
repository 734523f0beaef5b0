use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BudgetKind, DrawOutcome};
use doorward_notifier::Recipient;

use super::RateLimiter;

impl RateLimiter {
    /// Draws on what may be handed to a provider in the short run; until when to wait, if it is used up.
    ///
    /// A rush waits for it; nothing is lost by it.
    pub(crate) async fn pace(&self, recipient: &Recipient, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let (kind, limit) = match recipient {
            Recipient::Email(_) => (BudgetKind::EMAIL_RATE, &self.limits.email_rate),
            Recipient::Phone(_) => (BudgetKind::SMS_RATE, &self.limits.sms_rate),
        };
        if limit.is_off() {
            return Ok(None);
        }
        Ok(match self.budgets.draw(vec![self.one(kind, "", limit)], now).await? {
            DrawOutcome::Admitted => None,
            outcome @ DrawOutcome::Refused(_) => outcome.retry_at(),
        })
    }
}
