//! The operator's commands for accounts, SMS and the schema.

mod importer;
mod query;
mod schema;
mod sms;
mod store;
mod use_case;

pub use importer::{Imported, Importer, NewUser, Taken};
pub use query::{UserQuery, UserQueryError};
pub use schema::{Migration, Schema};
pub use store::{Accounts, DeleteOutcome, Import, ImportOutcome, SignOutOutcome, StatusOutcome};
pub use use_case::{Operator, SelectError};

#[cfg(feature = "mock")]
pub use store::MockAccounts;
