use async_trait::async_trait;
use doorward_kernel::{AuditEvent, StoreError, Timestamp, UserId};
use doorward_user::UserStatus;

/// What became of opening or closing an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusOutcome {
    /// The account has the status now.
    Changed,
    /// It had it before; nothing changed.
    Unchanged,
    /// There is no such account.
    NotFound,
}

/// Opens and closes accounts on behalf of an operator.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Gives the account the status.
    ///
    /// Disabling ends its sessions for good and closes its open challenges, those that decoy
    /// changes have from its sessions included, in the same step: no login that runs at the
    /// same time leaves a session behind.
    async fn set_status(
        &self,
        user: UserId,
        status: UserStatus,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<StatusOutcome, StoreError>;
}
