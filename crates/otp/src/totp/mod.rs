//! Codes of authenticator apps (RFC 6238): HMAC-SHA-1, six digits, a new one every 30 seconds.
//!
//! Every app knows these parameters, and several ignore all others. The code is the HOTP
//! value of the time step, so this is [`hotp`](crate::hotp()) and a rule which steps count.

#[cfg(feature = "qr")]
mod qr;
mod sealed;
mod seed;
mod time_step;

#[cfg(feature = "qr")]
pub use qr::{QrError, qr_png, qr_svg};
pub use sealed::{ResealedSeed, SealedSeed, SeedSealError, TotpKeys};
pub use seed::TotpSeed;
pub use time_step::TimeStep;
