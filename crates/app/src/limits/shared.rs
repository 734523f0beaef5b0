use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{Leased, Take};

use super::{
    RateLimiter,
    leases::{Exhausted, Handed},
};

/// How often a node asks for more before it gives up: for many, for few, and once more.
const ROUNDS: usize = 4;

/// Leases that were granted and gone at once.
#[derive(Debug, thiserror::Error)]
#[error("the shared buckets changed again and again")]
struct Unsettled;

impl RateLimiter {
    /// Takes from buckets that all share, from what this node holds; leases more where that is too little.
    pub(super) async fn take_shared(
        &self,
        takes: &[Take],
        now: Timestamp,
    ) -> Result<Result<(), Exhausted>, StoreError> {
        self.take_shared_before(takes, &[], now).await
    }

    /// The same, before others are taken from: what has to be leased for those is leased in the same step.
    pub(super) async fn take_shared_before(
        &self,
        takes: &[Take],
        next: &[Take],
        now: Timestamp,
    ) -> Result<Result<(), Exhausted>, StoreError> {
        let leases = &self.memory.leases;
        match leases.hand_out(takes, now) {
            Handed::Out => return Ok(Ok(())),
            Handed::Refused(exhausted) => return Ok(Err(exhausted)),
            Handed::Ask(_) => {}
        }
        let _turn = leases.turn.lock().await;
        for _ in 0..ROUNDS {
            let asks = match leases.hand_out(takes, now) {
                Handed::Out => return Ok(Ok(())),
                Handed::Refused(exhausted) => return Ok(Err(exhausted)),
                Handed::Ask(asks) => [asks, leases.lacking(next, now)].concat(),
            };
            let granted = self.buckets.lease(asks.clone(), now).await?;
            leases.learn(&asks, &granted, now);
            self.warn_of(&asks, &granted, now);
        }
        Err(StoreError::unavailable(Unsettled))
    }

    /// Warns of buckets of which four fifths are used up or held, as a lease has shown.
    fn warn_of(&self, asks: &[Take], leased: &[Leased], now: Timestamp) {
        for (ask, leased) in asks.iter().zip(leased) {
            let is_low = match leased {
                Leased::Granted { left } => {
                    ask.limit.rates().iter().zip(left).any(|(rate, left)| *left <= rate.burst() / 5)
                }
                Leased::Refused { .. } => true,
            };
            if is_low {
                self.warn(ask.key.kind, now);
            }
        }
    }
}
