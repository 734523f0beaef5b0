//! The profile: names, password, address and number, changed by their owner.

mod complete;
mod current_password;
mod request;
mod store;

pub(crate) use current_password::CurrentPasswordError;
pub use request::{Profile, ProfileError, ProfileRequest, ProfileStep};
pub use store::{
    CompleteEmail, CompletePhone, CompleteReset, IdentifierOutcome, ProfileChange, ProfileOutcome, Profiles,
    ResetOutcome, SetPassword,
};
