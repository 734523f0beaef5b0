//! Calls that wait together are done together: one statement for all of them, one commit.

mod queue;
mod refusal;
#[cfg(test)]
mod tests;
mod turns;

pub(crate) use queue::Batches;
pub(crate) use refusal::{Refusal, shared};
pub(crate) use turns::Turns;
