//! Keys, tokens, password hashes, randomness and the clock.
//!
//! Every key follows from one [`RootSecret`] and the salt of a key epoch, so nodes that share
//! both agree on all tokens and codes without talking to each other:
//!
//! ```
//! use std::sync::Arc;
//!
//! use doorward_crypto::{Keyring, OsRandom, RootSecret, SystemClock, TokenSettings, first_epoch};
//! use doorward_kernel::{ChallengeId, Clock};
//! use doorward_otp::FlowKeys;
//!
//! let (clock, random) = (Arc::new(SystemClock::default()), Arc::new(OsRandom));
//! let epoch = first_epoch(&OsRandom, clock.now());
//! let keyring = Keyring::new(
//!     RootSecret::generate(&OsRandom),
//!     vec![epoch],
//!     TokenSettings::new("https://auth.example.com", "https://api.example.com"),
//!     clock.clone(),
//!     random,
//! )
//! .unwrap();
//!
//! let id = ChallengeId::mint(clock.now(), &OsRandom);
//! assert_eq!(keyring.open(&keyring.seal(id)), Some(id));
//! ```

mod base64url;
mod bucket_digests;
mod client_secrets;
mod clock;
mod epoch_keys;
#[cfg(test)]
mod fixtures;
mod flow_keys;
mod keyring;
#[cfg(test)]
mod known_answers;
mod legacy;
mod password;
mod random;
mod report_tokens;
mod root;
mod sealing;
mod session_tokens;
mod sha256;
mod signed;
mod signing;
mod subkey;
mod totp_keys;
mod undo_tokens;

pub use client_secrets::RandomClientSecrets;
pub use clock::SystemClock;
pub use epoch_keys::first_epoch;
pub use keyring::{Keyring, KeyringError};
pub use legacy::{LegacyError, LegacyVerifier, import_verifier};
pub use password::{Argon2Hasher, HashParameters, HashParametersError};
pub use random::OsRandom;
pub use root::{RootSecret, RootSecretError, RootSecrets};
pub use sealing::{SealError, Sealed};
pub use sha256::sha256;
pub use signing::{SigningAlgorithm, TokenSettings};
