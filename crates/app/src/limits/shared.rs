use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BucketKind, Leased, Refusal, Take};
use doorward_notifier::Recipient;

use super::RateLimiter;

/// The times a node asks for more before it gives up: for many, for few, and once more.
const ROUNDS: usize = 4;

/// Leases that were granted and gone at once.
#[derive(Debug, thiserror::Error)]
#[error("the shared buckets changed again and again")]
struct Unsettled;

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
            Recipient::Phone(..) => (BucketKind::SMS_RATE, &self.limits.sms_rate),
        };
        let taken = self.take_shared(&[self.one(kind, "", limit)], next, now).await?;
        Ok(taken.err().and_then(|exhausted| exhausted.retry_at))
    }

    /// Takes from buckets that all share, from what this node holds; leases more where that is too little.
    ///
    /// Units that the `next` takes need are leased in the same step.
    pub(super) async fn take_shared(
        &self,
        takes: &[Take],
        next: &[Take],
        now: Timestamp,
    ) -> Result<Result<(), Refusal>, StoreError> {
        let leases = &self.buckets.leases;
        match leases.hand_out(takes, now) {
            Ok(lacking) if lacking.is_empty() => return Ok(Ok(())),
            Ok(_) => {}
            Err(refusal) => return Ok(Err(refusal)),
        }
        // Of many at once one asks the store.
        let _turn = leases.turn.lock().await;
        for _ in 0..ROUNDS {
            let lacking = match leases.hand_out(takes, now) {
                Ok(lacking) if lacking.is_empty() => return Ok(Ok(())),
                Ok(lacking) => [lacking, leases.lacking(next, now)].concat(),
                Err(refusal) => return Ok(Err(refusal)),
            };
            let granted = self.buckets.store.lease(lacking.clone(), now).await?;
            leases.learn(&lacking, &granted, now);
            for (take, _) in lacking.iter().zip(&granted).filter(|(take, granted)| is_low(take, granted)) {
                self.warn(take.key.kind, now);
            }
        }
        Err(StoreError::unavailable(Unsettled))
    }
}

/// Whether four fifths of the bucket are used up or held.
fn is_low(take: &Take, leased: &Leased) -> bool {
    match leased {
        Leased::Granted { left } => take.limit.rates().iter().zip(left).any(|(rate, left)| *left <= rate.burst() / 5),
        Leased::Refused { .. } => true,
    }
}
