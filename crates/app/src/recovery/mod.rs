//! A new password for who has lost the old one, by way of the address.

mod store;
mod use_case;

pub use store::{CompleteReset, Recoveries, ResetOutcome};
pub use use_case::{Recovery, ResetError, ResetStep};
