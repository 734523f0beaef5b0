use async_trait::async_trait;
use doorward_kernel::{StoreError, Timestamp};

use crate::{BudgetKey, Draw, DrawOutcome, Leased};

/// The budgets of all subjects, shared by all nodes.
///
/// When a store fails, nobody knows what is left: credential endpoints then answer 503, and
/// nothing is sent. That is the caller's to do; this port only says that it failed.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Budgets: Send + Sync {
    /// Draws from all budgets, or from none when one of them refuses.
    ///
    /// One atomic, durable step, as [`decide`](crate::decide) decides: of 200 concurrent draws
    /// on a full budget of ten, exactly ten are admitted. Rows are locked in the order of
    /// [`rows_of`](crate::rows_of).
    async fn draw(&self, draws: Vec<Draw>, now: Timestamp) -> Result<DrawOutcome, StoreError>;

    /// Draws from each budget by itself, for a node that hands the units out from memory.
    ///
    /// Each is a draw of its own: all rates of its limit admit, or nothing of it is drawn. The
    /// outcomes are in the order of the draws. What is not handed out is [given
    /// back](Self::refund) before it comes back by itself.
    async fn lease(&self, draws: Vec<Draw>, now: Timestamp) -> Result<Vec<Leased>, StoreError>;

    /// What [`draw`](Self::draw) would say now, drawing nothing.
    async fn peek(&self, draws: Vec<Draw>, now: Timestamp) -> Result<DrawOutcome, StoreError>;

    /// Gives back what was drawn a moment ago for nothing; never beyond a full budget.
    async fn refund(&self, draws: Vec<Draw>, now: Timestamp) -> Result<(), StoreError>;

    /// Makes a budget full, with all its windows, as after a success that clears failures.
    async fn reset(&self, key: BudgetKey) -> Result<(), StoreError>;

    /// Forgets rows whose state is at or before that instant, at most `limit`; tells how many.
    ///
    /// `before` must not be later than now: a row that is forgotten early is a fuller budget.
    async fn forget_full(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
