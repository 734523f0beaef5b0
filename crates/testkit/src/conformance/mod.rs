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

mod cases;
#[allow(missing_docs, reason = "the names of the cases are the rules")]
pub mod challenges;
mod run;
mod stores;

pub use run::run;
pub use stores::{AuditLog, Stores};
