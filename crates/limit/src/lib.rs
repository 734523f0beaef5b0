//! Buckets, backoff, breakers, conversion breakers and SMS fraud rules as arithmetic over values.
//!
//! Nothing here does I/O or asks for the time: callers pass `now`, stores keep what they are
//! given. The state of a bucket is one instant, so a row is one column and a take one guarded
//! update ([`gcra`]); [`Buckets`] is the port, and [`decide`] what every store does.
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use doorward_kernel::Timestamp;
//! use doorward_limit::{AddressSubjects, BucketKey, BucketKind, Limit, Take, decide, retry_after, rows_of};
//!
//! let subjects = AddressSubjects::of("2001:db8:1:2::77".parse().unwrap());
//! assert_eq!(subjects.host, "2001:db8:1:2::/64");
//!
//! // A service would digest the subject under a key, by `BucketKey::new`.
//! let key = BucketKey { kind: BucketKind::new("api_calls"), subject: [7; 32] };
//! let takes = [Take::one(key, Limit::parse_all(&["2/1m", "100/1d"]).unwrap())];
//! let mut states = BTreeMap::new();
//! let now = Timestamp::from_micros(0);
//!
//! for _ in 0..2 {
//!     let (outcome, writes) = decide(&rows_of(&takes), now, |row| states.get(&row).copied());
//!     assert!(outcome.is_admitted());
//!     states.extend(writes);
//! }
//! let (refused, _) = decide(&rows_of(&takes), now, |row| states.get(&row).copied());
//! assert_eq!(retry_after(refused.retry_at(), now), 30);
//! ```

mod address;
mod attack_detector;
mod bucket_key;
mod buckets;
mod conversion_breaker;
pub mod gcra;
mod limit;
mod limits;
mod lockout;
mod puzzles;
mod rate;
mod retry;
mod sms_destination;
mod take;
mod threat_level;

pub use address::AddressSubjects;
pub use attack_detector::{CheckCounts, CheckKind, CheckSlot, DetectorPolicy};
pub use bucket_key::{BucketKey, BucketKind, Digests};
pub use buckets::Buckets;
pub use conversion_breaker::{BreakerPolicy, ConversionBreaker, SentCode};
pub use gcra::Decision;
pub use limit::{Limit, LimitError};
pub use limits::Limits;
pub use lockout::{Lockout, LockoutPolicy};
pub use puzzles::{AskedPuzzle, ProofOfWork, Puzzles};
pub use rate::{Rate, RateError};
pub use retry::retry_after;
pub use sms_destination::{ConversionBreakers, SmsDestination, try_send};
pub use take::{BucketRow, BucketState, Leased, Refusal, RowTake, Rule, Take, TakeOutcome, decide, rows_of};
pub use threat_level::ThreatLevel;

#[cfg(feature = "mock")]
pub use buckets::MockBuckets;
