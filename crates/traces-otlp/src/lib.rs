//! Traces of the service, sent to a collector by OTLP over HTTP.
//!
//! [`Traces::start`] begins, [`Traces::layer`] is for the subscriber, and the traces that wait are sent before
//! [`Traces`] is gone. A caller's `traceparent` is kept as the parent of its request by [`adopt`].

mod conventions;
mod counted;
mod parent;
mod traces;

pub use counted::describe_metrics;
pub use parent::{Parent, adopt};
pub use traces::{Traces, TracesError, TracesSettings};
