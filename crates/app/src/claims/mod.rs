//! Claims of numbers that others have verified since.

mod store;
mod use_case;

pub use store::{Claims, DropClaims, VoidClaims};
pub use use_case::ClaimDrops;
