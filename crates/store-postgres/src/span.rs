use std::panic::Location;

use tracing::Span;

/// The span of a step of the store, which tells where the step is written.
pub(crate) fn step(at: &'static Location<'static>) -> Span {
    tracing::debug_span!("db.step", code.file.path = at.file(), code.line.number = at.line())
}
