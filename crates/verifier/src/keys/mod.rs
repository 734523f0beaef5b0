//! Public keys: read once, then only used.

mod algorithm;
mod key;
mod key_set;
mod thumbprint;

pub(crate) use algorithm::Algorithm;
pub use key_set::{KeySet, KeySetError};
pub(crate) use thumbprint::Thumbprint;
