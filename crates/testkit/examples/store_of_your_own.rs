//! Runs the conformance suite on a store that was written elsewhere.
//!
//! `cargo run -p doorward-testkit --example store_of_your_own` runs it. In a crate of your own
//! the same lines go into `tests/conformance.rs`, with `doorward-testkit` as a dev-dependency and in `Cargo.toml`:
//!
//! ```toml
//! [[test]]
//! name = "conformance"
//! harness = false
//! ```

use std::{process::ExitCode, sync::Arc};

use doorward_testkit::{MemoryStore, Stores, conformance};

/// A guard that outlives the test: it would drop a database or remove a folder.
struct Guard;

/// Gives an empty store; called once for each test.
async fn fresh() -> (Stores, Guard) {
    // Your store implements all ports, and `AuditLog` with a plain query.
    let store = Arc::new(MemoryStore::default());
    (Stores::of(store), Guard)
}

fn main() -> ExitCode {
    conformance::run(fresh)
}
