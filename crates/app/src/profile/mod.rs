//! The profile: names, password, address and number, changed by their owner.

mod store;

pub use store::{
    CompleteEmail, CompletePhone, IdentifierOutcome, PasswordSwap, ProfileChange, ProfileOutcome, Profiles,
};

#[cfg(feature = "mock")]
pub use store::MockProfiles;
