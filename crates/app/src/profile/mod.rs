//! The profile: names, password, address and number, changed by their owner.

mod complete;
mod request;
mod store;

pub use request::{Profile, ProfileError, ProfileRequest, ProfileStep};
pub use store::{CompleteEmail, CompletePhone, IdentifierOutcome, ProfileChange, ProfileOutcome, Profiles};

#[cfg(feature = "mock")]
pub use store::MockProfiles;
