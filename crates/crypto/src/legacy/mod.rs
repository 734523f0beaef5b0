//! Password hashes that other systems made, taken over until their owners log in.
//!
//! [`import_verifier`] judges the text of an old hash and seals it to its user, so that a
//! dump of the database holds nothing to crack. [`Argon2Hasher`](crate::Argon2Hasher) checks
//! it like its own and calls it stale when right, whereupon the caller makes a new one.
//!
//! An old hash costs its own time, not that of ours: until its owner has logged in, how
//! long a wrong password takes can tell that the account was imported.

mod argon2;
mod bcrypt;
mod error;
mod pbkdf2;
mod scrypt;
mod sealed;
#[cfg(test)]
mod tests;
mod text;
mod verifier;

pub use error::LegacyError;
pub use sealed::import_verifier;
pub(crate) use sealed::{open_legacy, reseal_legacy};
pub use verifier::LegacyVerifier;
