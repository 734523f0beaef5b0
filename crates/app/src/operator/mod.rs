//! What an operator does to accounts.

mod store;

pub use store::{Accounts, StatusOutcome};

#[cfg(feature = "mock")]
pub use store::MockAccounts;
