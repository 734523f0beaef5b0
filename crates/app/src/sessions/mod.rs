//! Sessions: granted, checked, renewed, listed and ended.

mod authentication;
mod fresh;
mod grant;
mod new_device;
mod opening;
mod own;
mod refresh;
mod session_cap;
mod session_counts;
mod store;

pub use authentication::{Authentication, AuthenticationError, Credential};
pub use fresh::StepUpRequired;
pub use grant::{Grant, GrantError, Holding};
pub use new_device::NewDevice;
pub(crate) use opening::{methods_after, new_session};
pub use own::EndError;
pub use refresh::RefreshError;
pub use session_cap::SessionCap;
pub use session_counts::SessionCounts;
pub use store::{CompleteStepUp, EndOthersOutcome, EndOutcome, RotateOutcome, Sessions, StepUpOutcome};
