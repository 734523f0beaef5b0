use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BucketKind, Take};
use doorward_notifier::Recipient;

use super::RateLimiter;

impl RateLimiter {
    /// Takes from what may be handed to a provider in the short run; until when to wait, if it is used up.
    ///
    /// A rush waits for it; nothing is lost by it. `next` is what the message will take from before it is sent.
    pub(crate) async fn pace(
        &self,
        recipient: &Recipient,
        next: &[Take],
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let (kind, limit) = match recipient {
            Recipient::Email(_) => (BucketKind::EMAIL_RATE, &self.limits.email_rate),
            Recipient::Phone(_) => (BucketKind::SMS_RATE, &self.limits.sms_rate),
        };
        let taken = self.take_shared(&[self.one(kind, "", limit)], next, now).await?;
        Ok(taken.err().and_then(|exhausted| exhausted.retry_at))
    }
}
