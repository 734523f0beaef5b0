use async_trait::async_trait;
use doorward_kernel::{KeyEpoch, KeyEpochs, StoreError};

use super::MemoryStore;

#[async_trait]
impl KeyEpochs for MemoryStore {
    async fn list(&self) -> Result<Vec<KeyEpoch>, StoreError> {
        Ok(self.read(|state| state.epochs.values().cloned().collect()))
    }

    async fn add(&self, epoch: KeyEpoch) -> Result<Vec<KeyEpoch>, StoreError> {
        self.write(|state| {
            state.epochs.entry(epoch.id).or_insert(epoch);
            Ok(state.epochs.values().cloned().collect())
        })
    }
}
