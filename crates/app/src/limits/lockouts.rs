use std::sync::Arc;

use doorward_limit::{FailurePolicy, FailureRows};

use super::RateLimiter;

/// Counts tries at codes and passwords before they are compared, and closes an authenticator that fails too often.
#[derive(Clone)]
pub struct Lockouts {
    /// What tries take from before they are counted.
    pub limiter: Arc<RateLimiter>,
    /// How often passwords and codes of apps were wrong in a row.
    pub failure_rows: Arc<dyn FailureRows>,
    /// What that costs.
    pub failures: Arc<FailurePolicy>,
    /// The wrong code in a row that disables a number until it is bound anew.
    pub disable_after: u32,
}
