//! Fakes, stubs of providers, real servers and conformance suites, for tests of Doorward and of services built on it.
//!
//! Everything here fails a test by panicking with words about what to do.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on must fail at once"
)]

pub mod conformance;
pub mod fakes;
pub mod fixtures;
pub mod memory;
mod memory_buckets;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod range_stub;
pub mod service;
pub mod smtp_sink;
pub mod twilio_stub;

pub use conformance::{AuditLog, Stores};
pub use memory::MemoryStore;
pub use memory_buckets::{LockedBuckets, MemoryBuckets};
pub use service::MemoryService;
