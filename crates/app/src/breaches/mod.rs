//! New passwords that were in breaches of other services, where the operator has them looked up.

mod look_up;
mod outages;

pub use look_up::Breaches;
