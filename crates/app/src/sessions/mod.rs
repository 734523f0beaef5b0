//! Sessions: granted, checked, renewed and ended.

mod authentication;
mod grant;
mod refresh;
mod store;

pub use authentication::{Authentication, AuthenticationError, Credential};
pub use grant::{Grant, GrantError, Holding};
pub use refresh::RefreshError;
pub use store::{SignedIn, SignedIns};

#[cfg(feature = "mock")]
pub use store::MockSignedIns;
