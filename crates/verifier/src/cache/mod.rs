//! The issuer's keys, kept, and renewed by one fetch at a time.

mod key_cache;
mod state;
mod times;
mod unknown_keys;

pub(crate) use key_cache::KeyCache;
pub(crate) use times::CacheTimes;
