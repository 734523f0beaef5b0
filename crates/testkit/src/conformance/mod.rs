//! The conformance suite: tests that every store adapter runs on itself.
//!
//! An adapter gives its [`Stores`] and gets a test for every sentence of the ports' documentation,
//! races included. A bug that a store could have gets its case here, so that no other store has it.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use doorward_testkit::{MemoryStore, Stores};
//!
//! async fn fresh() -> (Stores, ()) {
//!     (Stores::of(Arc::new(MemoryStore::default())), ())
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     doorward_testkit::conformance::run(fresh)
//! }
//! ```
//!
//! The test binary has no harness of its own: `[[test]] name = "conformance", harness = false` in `Cargo.toml`.

#![allow(clippy::indexing_slicing, reason = "a case whose store gave nothing must fail at once")]

#[macro_use]
mod case;
mod race;
mod run;
mod scene;
mod stores;

mod accounts;
mod added_authenticators;
mod audit;
mod authenticators;
mod batches;
mod bindings;
mod buckets;
mod challenges;
mod check_counts;
mod claims;
mod completions;
mod conversion_breakers;
mod deletions;
mod deliveries;
mod epoch_uses;
mod epochs;
mod flows;
mod imports;
mod incidents;
mod lockouts;
mod new_addresses;
mod new_devices;
mod new_numbers;
mod number_uses;
mod outbox;
mod outbox_entries;
mod own_sessions;
mod password_logins;
mod pending_authenticators;
mod pending_seeds;
mod phone_logins;
mod phone_verifications;
mod profiles;
mod recoveries;
mod recovery_codes;
mod registrations;
mod repeats;
mod resource_servers;
mod reused_sessions;
mod sealed_seeds;
mod sealed_verifiers;
mod session_caps;
mod session_clients;
mod sessions;
mod setups;
mod sms_pauses;
mod spent_codes;
mod step_ups;
mod totp_codes;
mod undone_factors;
mod undos;
mod users;

pub use run::run;
pub use stores::{AuditLog, Stores};
