//! Flows: started, sent again, checked and moved on.

mod store;

pub use store::{Advance, AdvanceOutcome, Flows, Resend, ResendOutcome, Start};

#[cfg(feature = "mock")]
pub use store::MockFlows;
