//! The operator's commands for accounts.

mod importer;
mod query;
mod store;
mod use_case;

pub use importer::{Imported, Importer, NewUser, Taken};
pub use query::{UserQuery, UserQueryError};
pub use store::{Accounts, DeleteOutcome, Import, ImportOutcome, SignOutOutcome, StatusOutcome};
pub use use_case::{Operator, SelectError};

#[cfg(feature = "mock")]
pub use store::MockAccounts;
