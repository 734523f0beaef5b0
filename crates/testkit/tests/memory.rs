//! The store in memory keeps every rule of the ports.

use std::sync::Arc;

use doorward_testkit::{MemoryStore, Stores};

async fn fresh() -> (Stores, ()) {
    (Stores::of(Arc::new(MemoryStore::default())), ())
}

doorward_testkit::conformance!(fresh);
