//! The words every Doorward crate shares: ids, instants, addresses, numbers, secrets.
//!
//! Nothing here does I/O. Values are parsed once, at the edge, and are valid ever after:
//!
//! ```
//! use doorward_kernel::{EmailAddress, PhoneNumber};
//!
//! let email = EmailAddress::parse("Ada@Example.COM").unwrap();
//! assert_eq!(email.as_str(), "Ada@example.com");
//! assert_eq!(email.key(), "ada@example.com");
//!
//! let phone = PhoneNumber::parse("+1 (415) 555-2671", None).unwrap();
//! assert_eq!(phone.as_str(), "+14155552671");
//! assert_eq!(phone.masked(), "+1***71");
//! ```

mod audit;
mod audit_events;
mod client;
mod device;
pub mod duration;
mod email;
mod epoch;
mod id;
mod locale;
mod loopback;
mod network;
mod number_kind;
mod phone;
mod phone_channel;
mod random;
mod secret;
mod store_error;
mod time;
pub mod typed_text;

pub use audit::{AuditEvent, AuditKind};
pub use audit_events::AuditEvents;
pub use client::Client;
pub use device::{DeviceGeneration, DeviceOwner};
pub use email::{EmailAddress, EmailAddressError};
pub use epoch::{EpochId, KeyEpoch, RootChecks};
pub use id::{ChallengeId, ChangeId, ClientId, EventId, MessageId, SessionId, UserId};
pub use locale::Locale;
pub use loopback::is_loopback;
pub use network::network_of;
pub use number_kind::NumberKind;
pub use phone::{Country, PhoneNumber, PhoneNumberError};
pub use phone_channel::{PhoneChannel, PhoneChannels};
pub use random::Random;
pub use secret::Secret;
pub use store_error::StoreError;
pub use time::{Clock, Timestamp, TimestampError};

#[cfg(feature = "mock")]
pub use {random::MockRandom, time::MockClock};
