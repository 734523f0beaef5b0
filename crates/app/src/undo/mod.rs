//! Changes of address and number, undone by who was told of them at the old address.

mod store;
mod use_case;

pub use store::{FormerPhone, UndoChanges, UndoOutcome, Undos};
pub use use_case::{Undo, UndoError};

#[cfg(feature = "mock")]
pub use store::MockUndos;
