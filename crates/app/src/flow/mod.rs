//! Flows: started, sent again, checked and moved on.

mod check;
mod errors;
mod find;
mod handover;
mod login_step;
mod messages;
mod resend;
mod show;
mod start;
mod store;
mod verification;
mod view;

pub(crate) use errors::CompletionError;
pub use errors::{ResendError, ResumeError, VerifyError};
pub use login_step::LoginStep;
pub use store::{
    Advance, AdvanceOutcome, CountOutcome, FlowKind, Flows, FoundFlow, Repeat, Resend, ResendOutcome, Start,
};
pub use verification::Verification;
pub use view::{FlowView, Next};
