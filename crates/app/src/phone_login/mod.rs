//! Login by telephone.

mod store;

pub use store::{LoginOutcome, OpenSession, PhoneLogins};

#[cfg(feature = "mock")]
pub use store::MockPhoneLogins;
