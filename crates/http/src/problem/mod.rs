//! Problem details, the shape of every error response (RFC 9457).

mod answer;
mod cause;
mod code;
mod error;
mod kinds;
mod puzzle;
mod value_error;

pub use answer::ProblemBody;
pub use code::ProblemCode;
pub use kinds::Problem;
pub use puzzle::PuzzleView;
pub use value_error::{FieldError, ValueError};

pub(crate) use cause::log_cause;
