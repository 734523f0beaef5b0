use std::sync::Arc;

use doorward_kernel::StoreError;
use doorward_notifier::OutboxSignal;

use super::{Claims, DropClaims, VoidClaims};
use crate::{ClockAndIds, NumberDrop};

/// Drops the claims that a verification left, a batch in a transaction: no login waits for them or keeps them locked.
#[derive(Clone)]
pub struct ClaimDrops {
    /// Clock and id generator.
    pub clock_and_ids: ClockAndIds,
    /// Wakes the delivery workers.
    pub signal: Arc<dyn OutboxSignal>,
    /// The claims.
    pub claims: Arc<dyn Claims>,
}

impl ClaimDrops {
    /// Drops at most so many batches of void claims; returns how many claims that were.
    ///
    /// Claims that a crash leaves are found by the next call, on any node.
    #[tracing::instrument(level = "debug", name = "claims.run", skip_all)]
    pub async fn run(&self, batches: u32) -> Result<u64, StoreError> {
        let mut dropped = 0;
        for _ in 0..batches {
            let Some(void) = self.claims.find_void().await? else { break };
            dropped += self.claims.drop_void(self.drop_of(void)).await?;
            self.signal.notify();
        }
        Ok(dropped)
    }

    fn drop_of(&self, VoidClaims { number, made_until, claimants }: VoidClaims) -> DropClaims {
        let now = self.clock_and_ids.now();
        let drops =
            claimants.iter().map(|claimant| NumberDrop::new(&self.clock_and_ids, claimant, &number, now)).collect();
        DropClaims { number, made_until, drops, now }
    }
}
