use async_trait::async_trait;
use doorward_kernel::StoreError;

use crate::CheckSlot;

/// What a check compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckKind {
    /// A one-time code.
    Code,
    /// A password.
    Password,
}

impl CheckKind {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Password => "password",
        }
    }
}

/// The checks of all nodes, added up by [slot](CheckSlot::slot).
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait CheckCounts: Send + Sync {
    /// Adds what a node has counted since it last did; each bucket in one atomic step.
    async fn add(&self, kind: CheckKind, counted: Vec<CheckSlot>) -> Result<(), StoreError>;

    /// What all nodes have counted from that slot on, oldest first.
    async fn since(&self, kind: CheckKind, oldest: i64) -> Result<Vec<CheckSlot>, StoreError>;

    /// Deletes the buckets before that slot, which is months of them at most; returns how many.
    async fn purge_before(&self, kind: CheckKind, oldest: i64) -> Result<u64, StoreError>;
}
