//! Key epochs in operation: rotated when due, published, retired.

mod epoch_refresh;
mod maintenance;
mod policy;
mod resealing;
mod retirement;
mod rotation;
mod state;
mod store;

pub use epoch_refresh::EpochRefresh;
pub(crate) use epoch_refresh::open_or_refresh;
pub use maintenance::{EpochReport, KeyMaintenance};
pub use policy::RotationPolicy;
pub use resealing::Resealing;
pub use retirement::{Consequences, Retirement, RetirementError};
pub use rotation::{Begin, KeyRotation, RotationError};
pub use state::EpochState;
pub use store::{EpochPeriod, EpochUse, KeyEpochs, RetireOutcome};

#[cfg(feature = "mock")]
pub use store::MockKeyEpochs;
