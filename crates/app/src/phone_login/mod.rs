//! Login by telephone.

mod dormancy;
mod password_step;
mod store;
mod use_case;

pub use dormancy::Dormancy;
pub use store::{LoginOutcome, OpenSession, PhoneLogins};
pub use use_case::PhoneLogin;
