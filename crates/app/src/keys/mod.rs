//! Key epochs in operation: begun on time, told of, left behind.

mod custody;
mod policy;
mod resealing;
mod retirement;
mod rotation;
mod state;
mod store;

pub use custody::{EpochReport, KeyCustody};
pub use policy::RotationPolicy;
pub use resealing::Resealing;
pub use retirement::{Consequences, Retirement, RetirementError};
pub use rotation::{Begin, KeyRotation, RotationError};
pub use state::EpochState;
pub use store::{EpochPeriod, EpochUse, EpochUses};

#[cfg(feature = "mock")]
pub use store::MockEpochUses;
