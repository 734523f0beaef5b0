//! Problem details, the shape of every error response (RFC 9457).

mod answer;
mod cause;
mod code;
mod error;
mod fault;
mod kinds;
mod puzzle;

pub use answer::ProblemBody;
pub use code::ProblemCode;
pub use fault::{Fault, FieldError};
pub use kinds::Problem;
pub use puzzle::PuzzleView;

pub(crate) use cause::log_cause;
