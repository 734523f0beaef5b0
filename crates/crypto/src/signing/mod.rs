//! Access tokens: signed JWTs (RFC 9068) under a key pair derived per epoch.
//!
//! The few lines of JWS that are needed are written out here, so that keys are parsed once
//! and nothing is accepted that we do not make: one header shape, one algorithm per key.

mod claims;
mod jws;
mod key;
mod scalar;
mod settings;
mod signer;
#[cfg(test)]
mod tests;
mod thumbprint;
mod verified_tokens;

pub(crate) use key::SigningKey;
pub use settings::{SigningAlgorithm, TokenSettings};
pub(crate) use verified_tokens::VerifiedTokens;
