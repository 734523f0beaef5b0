//! Sessions: checked, renewed and ended.

mod store;

pub use store::{SignedIn, SignedIns};

#[cfg(feature = "mock")]
pub use store::MockSignedIns;
