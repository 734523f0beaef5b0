//! The client against a whole service, over HTTP; and against answers that are lost.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod authenticators;
mod changes;
mod debug;
mod flows;
mod lost;
mod people;
mod puzzles;
mod sessions;
