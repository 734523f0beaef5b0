//! A new password for who has lost the old one, by way of the address.

mod use_case;

pub use use_case::{Recovery, ResetError, ResetStep};
