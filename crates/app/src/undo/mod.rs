//! Undo of changes of address, number and authenticator app, by the link in the notice.

mod pending;
mod store;
mod use_case;

pub use pending::{CancelPending, PendingChange};
pub use store::{FormerPhone, UndoChanges, UndoOutcome, Undoable, UndoableKind, Undos};
pub use use_case::{Undo, UndoError};
