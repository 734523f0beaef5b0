//! One-time codes: how they are derived, asked for, counted and spent.
//!
//! A code is never stored. It is the HOTP value (RFC 4226) of a key that belongs to one
//! [`Challenge`] alone, so a resend, a retry and another node all come to the same code.
//!
//! ```
//! use doorward_otp::{Code, Digits, hotp};
//!
//! let code = hotp(b"12345678901234567890", 0, Digits::SIX);
//! assert!(code.matches(&Code::parse("755-224").unwrap()));
//! ```

mod challenge;
mod code;
mod entered_code;
mod hotp;
mod keys;
mod known_device;
mod policy;
mod purpose;
mod recovery_code;
mod target;
mod totp;
mod verified;

pub use challenge::{Challenge, Denial, Resend, Subject};
pub use code::{Code, CodeError, Digits};
pub use entered_code::{EnteredCode, EnteredCodeError};
pub use hotp::hotp;
pub use keys::FlowKeys;
pub use known_device::KnownDevice;
pub use policy::Policy;
pub use purpose::{Channel, Purpose, Step};
pub use recovery_code::{RecoveryCode, RecoveryCodeError, RecoveryDigest};
pub use target::Target;
#[cfg(feature = "qr")]
pub use totp::{QrError, qr_png, qr_svg};
pub use totp::{ResealedSeed, SealedSeed, SeedSealError, TimeStep, TotpKeys, TotpSeed};
pub use verified::Verified;
