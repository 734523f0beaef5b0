//! Step-up: verifying anew, in a session, that the account's owner is there.

mod store;
mod use_case;

pub use store::{CompleteStepUp, StepUpOutcome, StepUps};
pub use use_case::{StepUp, StepUpError};
