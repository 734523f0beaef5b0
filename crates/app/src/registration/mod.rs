//! Registration: from what a person gave to an account with a proved address.

mod store;

pub use store::{CompleteRegistration, Draft, RegistrationOutcome, Registrations, StartRegistration};

#[cfg(feature = "mock")]
pub use store::MockRegistrations;
