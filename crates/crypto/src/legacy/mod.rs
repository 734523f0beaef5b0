//! Password hashes that other systems made, taken over until their owners log in.
//!
//! [`import_verifier`] judges the text of an old hash and seals it to its user, so that a
//! dump of the database holds nothing to crack. [`Argon2Hasher`](crate::Argon2Hasher) checks
//! it like its own and calls it stale when right, whereupon the caller makes a new one.
//!
//! An old hash takes its own time, so a denial takes one of each that is on file: how long
//! a wrong password takes tells nothing of the account.

mod argon2;
mod bcrypt;
mod bcrypt_sha256;
mod error;
mod firebase;
mod pbkdf2;
mod phpass;
mod scrypt;
mod sealed;
#[cfg(test)]
mod tests;
mod text;
mod verifier;
mod wordpress;

pub use error::LegacyError;
pub use sealed::import_verifier;
pub(crate) use sealed::{open_legacy, reseal_legacy};
pub use verifier::LegacyVerifier;
