//! The real binary: real processes, real databases, a real mail conversation, a stub of Twilio's API.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod bindings;
mod breaches;
mod browser;
mod client;
mod commands;
mod cookies;
mod costs;
mod crashes;
mod doorward;
mod flows;
mod hostile;
mod hostile_tokens;
mod hosts;
mod introspection;
mod issuer;
mod keys;
mod leaks;
mod methods;
mod metrics;
mod password_load;
mod passwords;
mod readme;
mod recoveries;
mod refreshes;
mod resets;
mod sessions;
mod smuggling;
mod sprays;
mod step_up;
mod storms;
mod strangers;
mod totp;
mod users;
mod wire;
