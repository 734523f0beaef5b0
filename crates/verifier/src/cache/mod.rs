//! The issuer's keys, kept, and renewed by one fetch at a time.

mod key_cache;
mod limits;
mod state;
mod unknown_keys;

pub(crate) use key_cache::KeyCache;
pub(crate) use limits::Limits;
