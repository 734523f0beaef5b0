//! Flows: started, sent again, checked and moved on.

mod store;
mod verification;
mod view;

pub use store::{Advance, AdvanceOutcome, Flows, Resend, ResendOutcome, Start};
pub use verification::{NamedError, ResendError, StartError, Verification, VerifyError};
pub use view::{FlowView, Next};

#[cfg(feature = "mock")]
pub use store::MockFlows;
