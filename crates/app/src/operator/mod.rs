//! The operator's commands for accounts and SMS.

mod importer;
mod query;
mod sms;
mod store;
mod use_case;

pub use importer::{Imported, Importer, NewUser, Taken};
pub use query::{UserQuery, UserQueryError};
pub use store::{Accounts, DeleteOutcome, Import, ImportOutcome, SignOutOutcome, StatusOutcome};
pub use use_case::{Operator, SelectError};

#[cfg(feature = "mock")]
pub use store::MockAccounts;
