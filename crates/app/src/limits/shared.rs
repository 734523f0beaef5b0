use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{Leased, Refusal, Take};

use super::RateLimiter;

/// How often a node asks for more before it gives up: for many, for few, and once more.
const ROUNDS: usize = 4;

/// Leases that were granted and gone at once.
#[derive(Debug, thiserror::Error)]
#[error("the shared buckets changed again and again")]
struct Unsettled;

impl RateLimiter {
    /// Takes from buckets that all share, from what this node holds; leases more where that is too little.
    ///
    /// What has to be leased for the takes that come `next` is leased in the same step.
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
