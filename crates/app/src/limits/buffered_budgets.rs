use std::sync::Arc;

use async_trait::async_trait;
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BudgetKey, Budgets, Draw, DrawOutcome, Leased};

use super::Memory;

/// The budgets of all nodes, to which this one writes in one statement a second what can wait.
///
/// That is what is given back, and what it holds of shared budgets and nobody asks for.
#[derive(Clone)]
pub struct BufferedBudgets {
    /// Where all nodes draw.
    pub store: Arc<dyn Budgets>,
    /// What this node has not written yet; the one of its limiter.
    pub memory: Arc<Memory>,
}

impl BufferedBudgets {
    /// Writes what was given back, and gives back what is held and nobody asks for.
    pub async fn settle(&self, now: Timestamp) -> Result<(), StoreError> {
        self.write(self.memory.leases.idle(now), now).await
    }

    /// The same for all that is held, as the node stops.
    pub async fn close(&self, now: Timestamp) -> Result<(), StoreError> {
        self.write(self.memory.leases.all(now), now).await
    }

    async fn write(&self, leases: Vec<Draw>, now: Timestamp) -> Result<(), StoreError> {
        let refunds = self.memory.refunds.drain().await;
        let all = [refunds.draws.clone(), leases].concat();
        if all.is_empty() {
            return Ok(());
        }
        let written = self.store.refund(all, now).await;
        if written.is_err() {
            // A lease that cannot be given back comes back by itself.
            self.memory.refunds.add(refunds.draws.clone());
        }
        written
    }

    async fn draw_once(&self, draws: Vec<Draw>, now: Timestamp) -> Result<DrawOutcome, StoreError> {
        let (rest, paid) = self.memory.refunds.pay(draws);
        let outcome = self.store.draw(rest, now).await;
        if !matches!(outcome, Ok(DrawOutcome::Admitted)) {
            self.memory.refunds.add(paid);
        }
        outcome
    }
}

#[async_trait]
impl Budgets for BufferedBudgets {
    async fn draw(&self, draws: Vec<Draw>, now: Timestamp) -> Result<DrawOutcome, StoreError> {
        // A success clears the failures before it, and none of those that follow.
        if self.memory.refunds.clear_any_of(&draws) {
            self.write(Vec::new(), now).await?;
        }
        let outcome = self.draw_once(draws.clone(), now).await?;
        if outcome == DrawOutcome::Admitted || !self.memory.refunds.concern(&draws) {
            return Ok(outcome);
        }
        // What is on its way to the store pays for nothing meanwhile: nobody is refused for that.
        self.write(Vec::new(), now).await?;
        self.draw_once(draws, now).await
    }

    async fn lease(&self, draws: Vec<Draw>, now: Timestamp) -> Result<Vec<Leased>, StoreError> {
        self.store.lease(draws, now).await
    }

    async fn peek(&self, draws: Vec<Draw>, now: Timestamp) -> Result<DrawOutcome, StoreError> {
        self.store.peek(draws, now).await
    }

    async fn refund(&self, draws: Vec<Draw>, _now: Timestamp) -> Result<(), StoreError> {
        self.memory.refunds.add(draws);
        Ok(())
    }

    async fn reset(&self, key: BudgetKey) -> Result<(), StoreError> {
        self.memory.refunds.forget(key);
        self.store.reset(key).await
    }

    async fn forget_full(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.store.forget_full(before, limit).await
    }
}
