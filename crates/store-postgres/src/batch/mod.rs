//! Calls that wait together are done together: one statement for all of them, one commit.

mod permits;
mod queue;
mod refusal;
#[cfg(test)]
mod tests;

pub(crate) use permits::Permits;
pub(crate) use queue::Batches;
pub(crate) use refusal::{Refusal, shared};
