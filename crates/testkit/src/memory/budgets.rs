use async_trait::async_trait;
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BudgetKey, Budgets, Draw, DrawOutcome, Leased};

use super::MemoryStore;

#[async_trait]
impl Budgets for MemoryStore {
    async fn draw(&self, draws: Vec<Draw>, now: Timestamp) -> Result<DrawOutcome, StoreError> {
        self.write(|state| Ok(state.budgets.draw(&draws, now)))
    }

    async fn lease(&self, draws: Vec<Draw>, now: Timestamp) -> Result<Vec<Leased>, StoreError> {
        self.write(|state| Ok(state.budgets.lease(&draws, now)))
    }

    async fn peek(&self, draws: Vec<Draw>, now: Timestamp) -> Result<DrawOutcome, StoreError> {
        Ok(self.read(|state| state.budgets.peek(&draws, now)))
    }

    async fn refund(&self, draws: Vec<Draw>, now: Timestamp) -> Result<(), StoreError> {
        self.write(|state| {
            state.budgets.refund(&draws, now);
            Ok(())
        })
    }

    async fn reset(&self, key: BudgetKey) -> Result<(), StoreError> {
        self.write(|state| {
            state.budgets.reset(key);
            Ok(())
        })
    }

    async fn forget_full(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(|state| Ok(state.budgets.forget_full(before, limit)))
    }
}
