//! The cache of keys: when they are fetched, by a clock that only the tests move.

mod outage;
mod renewal;
mod stub;
mod unknown_keys;
