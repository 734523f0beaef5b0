//! Registration: from what a person gave to an account with a verified address.

mod store;
mod use_case;

pub use store::{CompleteRegistration, Draft, RegistrationOutcome, Registrations, StartRegistration};
pub use use_case::{Registered, Registration, RegistrationError, RegistrationRequest};
