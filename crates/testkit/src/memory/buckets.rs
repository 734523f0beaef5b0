use async_trait::async_trait;
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{Buckets, Leased, Take, TakeOutcome};

use super::MemoryStore;

#[async_trait]
impl Buckets for MemoryStore {
    async fn take(&self, takes: Vec<Take>, now: Timestamp) -> Result<TakeOutcome, StoreError> {
        self.write(|state| Ok(state.buckets.take(&takes, now)))
    }

    async fn lease(&self, takes: Vec<Take>, now: Timestamp) -> Result<Vec<Leased>, StoreError> {
        self.write(|state| Ok(state.buckets.lease(&takes, now)))
    }

    async fn refund(&self, takes: Vec<Take>, now: Timestamp) -> Result<(), StoreError> {
        self.write(|state| {
            state.buckets.refund(&takes, now);
            Ok(())
        })
    }

    async fn clear_tries(&self, authenticator: [u8; 16]) -> Result<(), StoreError> {
        self.write(|state| {
            state.buckets.clear_tries(authenticator);
            Ok(())
        })
    }

    async fn purge_full(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(|state| Ok(state.buckets.purge_full(before, limit)))
    }
}
