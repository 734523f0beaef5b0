//! Limits: what a call takes before anything else is done for it.
//!
//! Limits of hosts and networks refuse explicitly (429). Those of identifiers never do: a start that they
//! refuse answers like any start and sends nothing, and a check like any wrong code.
//!
//! [`RateLimiter`] takes from buckets: those of callers and identifiers in one step with the call, those that all share
//! from leases of the node. [`Lockouts`] counts tries before they are compared, and settles them. [`PhoneGate`] decides
//! over every message to a telephone.

mod attempt;
mod buffered_buckets;
mod caller;
mod calls;
mod flow_locks;
mod incidents;
mod leases;
mod limiter;
mod lockouts;
mod mails;
mod memory;
mod phone_gate;
mod posture;
mod refusals;
mod repeated_refusals;
mod say_limited;
mod shared;
mod sms_policy;
mod spray_detector;
mod starts;
mod tried;
mod tries;

pub use doorward_limit::{AskedPuzzle, ProofOfWork, Puzzles};

pub use attempt::Attempt;
pub use buffered_buckets::BufferedBuckets;
pub use caller::Caller;
pub use calls::CallKind;
pub(crate) use flow_locks::FlowLock;
pub use incidents::Incidents;
pub use limiter::{AdmitError, RateLimiter};
pub use lockouts::Lockouts;
pub(crate) use mails::MailCaller;
pub use memory::Memory;
pub(crate) use phone_gate::DestinationChecks;
pub use phone_gate::PhoneGate;
pub use posture::Posture;
pub(crate) use say_limited::say_limited;
pub use sms_policy::{PriceList, SmsPolicy};
pub use spray_detector::SprayDetector;
pub(crate) use starts::StartTaken;
pub(crate) use tried::{Tried, TriedBy};
pub(crate) use tries::{Try, TryEnd};
