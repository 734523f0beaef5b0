use std::panic::Location;

use tracing::Span;

/// The span of a step of the store, which tells where the step is written.
pub(crate) fn step(at: &'static Location<'static>) -> Span {
    let (file, line) = (at.file(), at.line());
    tracing::debug_span!("db.step", db.system.name = "sqlite", code.file.path = file, code.line.number = line)
}
