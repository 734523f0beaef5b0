use async_trait::async_trait;
use doorward_kernel::{StoreError, Timestamp};

use crate::{BudgetKey, FailurePolicy, FailureState, FailureVerdict};

/// A try that was counted as a failure before anything was compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedTry {
    /// Whether it is looked at; one that is not has changed nothing.
    pub verdict: FailureVerdict,
    /// The row before it.
    pub before: FailureState,
    /// The row with it.
    pub after: FailureState,
}

impl CountedTry {
    /// Counts a try after that row.
    pub fn after(before: FailureState, policy: &FailurePolicy, now: Timestamp) -> Self {
        Self { verdict: before.verdict(now), before, after: before.on_failure(policy, now) }
    }

    /// Whether it is looked at.
    pub fn is_open(&self) -> bool {
        self.verdict == FailureVerdict::Open
    }
}

/// The failures in a row of authenticators, shared by all nodes. Days are budgets, and not kept here.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait FailureRows: Send + Sync {
    /// Counts a try, if one is looked at now, as [`CountedTry::after`] says.
    ///
    /// One atomic step: of any number at once each comes after the one before it, so no burst
    /// gets more tries than the policy gives. An unknown row has no failures.
    async fn count(&self, key: BudgetKey, policy: FailurePolicy, now: Timestamp) -> Result<CountedTry, StoreError>;

    /// Puts a row back to what it was before a try that was never looked at, if nothing has come after it.
    async fn put_back(&self, key: BudgetKey, tried: CountedTry) -> Result<(), StoreError>;

    /// Ends the rows: a try was right, or the authenticator was bound anew.
    async fn clear(&self, keys: Vec<BudgetKey>) -> Result<(), StoreError>;

    /// Forgets rows that nobody has added to since then, at most `limit`; tells how many. What is
    /// disabled stays so.
    async fn forget_untouched(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
