use std::sync::Arc;

use async_trait::async_trait;
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BucketKey, Buckets, Leased, Take, TakeOutcome};

use super::Memory;

/// The buckets of all nodes, to which this one writes in one statement a second what can wait.
///
/// That is what is given back, and what it holds of shared buckets and nobody asks for.
#[derive(Clone)]
pub struct BufferedBuckets {
    /// Where all nodes take.
    pub store: Arc<dyn Buckets>,
    /// What this node has not written yet; the one of its limiter.
    pub memory: Arc<Memory>,
}

impl BufferedBuckets {
    /// Writes what was given back, and gives back what is held and nobody asks for.
    #[tracing::instrument(level = "debug", name = "limits.settle", skip_all)]
    pub async fn settle(&self, now: Timestamp) -> Result<(), StoreError> {
        self.write(self.memory.leases.idle(now), now).await
    }

    /// The same for all that is held, as the node stops.
    #[tracing::instrument(level = "debug", name = "limits.close", skip_all)]
    pub async fn close(&self, now: Timestamp) -> Result<(), StoreError> {
        self.write(self.memory.leases.all(now), now).await
    }

    async fn write(&self, leases: Vec<Take>, now: Timestamp) -> Result<(), StoreError> {
        let refunds = self.memory.refunds.drain().await;
        let all = [refunds.takes.clone(), leases].concat();
        if all.is_empty() {
            return Ok(());
        }
        let written = self.store.refund(all, now).await;
        if written.is_err() {
            // A lease that cannot be given back comes back by itself.
            self.memory.refunds.add(refunds.takes.clone());
        }
        written
    }

    async fn take_once(&self, takes: Vec<Take>, now: Timestamp) -> Result<TakeOutcome, StoreError> {
        let (rest, paid) = self.memory.refunds.pay(takes);
        let outcome = self.store.take(rest, now).await;
        if !matches!(outcome, Ok(TakeOutcome::Admitted)) {
            self.memory.refunds.add(paid);
        }
        outcome
    }
}

#[async_trait]
impl Buckets for BufferedBuckets {
    async fn take(&self, takes: Vec<Take>, now: Timestamp) -> Result<TakeOutcome, StoreError> {
        // A success clears the failures before it, and none of those that follow.
        if self.memory.refunds.clear_any_of(&takes) {
            self.write(Vec::new(), now).await?;
        }
        let outcome = self.take_once(takes.clone(), now).await?;
        if outcome == TakeOutcome::Admitted || !self.memory.refunds.concern(&takes) {
            return Ok(outcome);
        }
        // What is on its way to the store pays for nothing meanwhile: nobody is refused for that.
        self.write(Vec::new(), now).await?;
        self.take_once(takes, now).await
    }

    async fn lease(&self, takes: Vec<Take>, now: Timestamp) -> Result<Vec<Leased>, StoreError> {
        self.store.lease(takes, now).await
    }

    async fn peek(&self, takes: Vec<Take>, now: Timestamp) -> Result<TakeOutcome, StoreError> {
        self.store.peek(takes, now).await
    }

    async fn refund(&self, takes: Vec<Take>, _now: Timestamp) -> Result<(), StoreError> {
        self.memory.refunds.add(takes);
        Ok(())
    }

    async fn reset(&self, key: BucketKey) -> Result<(), StoreError> {
        self.memory.refunds.forget(key);
        self.store.reset(key).await
    }

    async fn purge_full(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.store.purge_full(before, limit).await
    }
}
