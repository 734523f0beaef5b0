//! What every store must keep to, as tests that any adapter runs on itself.
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
//! doorward_testkit::conformance!(fresh);
//! ```

#![allow(missing_docs, reason = "the names of the cases are the rules")]
#![allow(clippy::indexing_slicing, reason = "a case whose store gave nothing must fail at once")]

mod cases;
mod race;
mod run;
mod scene;
mod stores;

pub mod accounts;
pub mod audit;
pub mod authenticators;
pub mod batches;
pub mod bindings;
pub mod buckets;
pub mod challenges;
pub mod check_counts;
pub mod claims;
pub mod completions;
pub mod conversion_breakers;
pub mod deletions;
pub mod epoch_uses;
pub mod epochs;
pub mod flows;
pub mod imports;
pub mod incidents;
pub mod lockouts;
pub mod new_addresses;
pub mod new_devices;
pub mod new_numbers;
pub mod number_uses;
pub mod outbox;
pub mod outbox_entries;
pub mod own_sessions;
pub mod password_logins;
pub mod pending_authenticators;
pub mod phone_logins;
pub mod phone_proofs;
pub mod profiles;
pub mod recoveries;
pub mod recovery_codes;
pub mod registrations;
pub mod repeats;
pub mod resource_servers;
pub mod sealed_seeds;
pub mod sealed_verifiers;
pub mod session_caps;
pub mod session_clients;
pub mod session_lookup;
pub mod sessions;
pub mod setups;
pub mod sms_switch;
pub mod step_ups;
pub mod totp_codes;
pub mod undos;
pub mod users;

pub use run::run;
pub use stores::{AuditLog, Stores};
