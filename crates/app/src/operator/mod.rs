//! The operator's commands for accounts.

mod import;
mod importer;
mod query;
mod store;
mod use_case;

pub use import::{Import, ImportOutcome, Imports};
pub use importer::{Imported, Importer, NewUser, Taken};
pub use query::{UserQuery, UserQueryError};
pub use store::{Accounts, DeleteOutcome, SignOutOutcome, StatusOutcome};
pub use use_case::{Operator, SelectError};

#[cfg(feature = "mock")]
pub use import::MockImports;
