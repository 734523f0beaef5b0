//! What all routes have in common, over a small application of probes; the real routes, over a service in memory.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::too_many_lines, reason = "a test shows whole answers")]

mod answers;
mod bodies;
mod declared;
mod foreign_pages;
mod headers;
mod ops;
mod probe;
mod problems;
mod raw_http;
mod service;
