//! The store in memory keeps every rule of the ports.

use std::{process::ExitCode, sync::Arc};

use doorward_testkit::{MemoryStore, Stores, conformance};

async fn fresh() -> (Stores, ()) {
    (Stores::of(Arc::new(MemoryStore::default())), ())
}

fn main() -> ExitCode {
    conformance::run(fresh)
}
