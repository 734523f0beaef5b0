//! Step-up: verifying anew, in a session, that the account's owner is there.

mod use_case;

pub use use_case::{StepUp, StepUpError};
