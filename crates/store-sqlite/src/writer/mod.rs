//! One thread that writes, and commits together what waits together.

mod batch;
mod job;
mod queue;
#[cfg(test)]
mod tests;

pub(crate) use job::{Halt, StepResult};
pub(crate) use queue::Writer;
