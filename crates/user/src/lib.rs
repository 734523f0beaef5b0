//! The account: who a person is, how their password is judged, and where accounts are kept.
//!
//! ```
//! use doorward_user::{Name, Password, PasswordPolicy};
//!
//! assert!(Name::parse("Ada").is_ok());
//! assert!(Name::parse("Visit evil.test").is_err());
//!
//! let policy = PasswordPolicy::default();
//! let faults = policy.check(&Password::parse("password").unwrap(), &["ada@example.com"]);
//! assert!(!faults.is_empty());
//! ```

mod blocklist;
mod breach;
mod hasher;
mod identifier_change;
mod name;
mod password;
mod policy;
mod seals;
mod store;
mod user;

pub use breach::{BreachError, BreachedPasswords};
pub use hasher::{HashError, PasswordCheck, PasswordHasher, PasswordVerifier};
pub use identifier_change::{IdentifierChange, Replaced, UndoTokens};
pub use name::{Name, NameError};
pub use password::{Password, PasswordError};
pub use policy::{NewPassword, PasswordFault, PasswordPolicy};
pub use seals::{Resealed, SealedCount, VerifierSeals};
pub use store::{PhoneHolders, Users};
pub use user::{Factor, LoginRecord, Names, NewLastName, NewNames, User, UserPhone, UserStatus};

#[cfg(feature = "mock")]
pub use {breach::MockBreachedPasswords, hasher::MockPasswordHasher, store::MockUsers};
