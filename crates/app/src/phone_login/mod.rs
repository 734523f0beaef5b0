//! Login by telephone.

mod dormancy;
mod password_step;
mod use_case;

pub use dormancy::Dormancy;
pub use use_case::PhoneLogin;
