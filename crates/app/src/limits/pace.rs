use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BudgetKind, Draw};
use doorward_notifier::Recipient;

use super::RateLimiter;

impl RateLimiter {
    /// Draws on what may be handed to a provider in the short run; until when to wait, if it is used up.
    ///
    /// A rush waits for it; nothing is lost by it. `next` is what the message will draw on before it is sent.
    pub(crate) async fn pace(
        &self,
        recipient: &Recipient,
        next: &[Draw],
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let (kind, limit) = match recipient {
            Recipient::Email(_) => (BudgetKind::EMAIL_RATE, &self.limits.email_rate),
            Recipient::Phone(_) => (BudgetKind::SMS_RATE, &self.limits.sms_rate),
        };
        let drawn = self.draw_shared_before(&[self.one(kind, "", limit)], next, now).await?;
        Ok(drawn.err().and_then(|exhausted| exhausted.retry_at))
    }
}
