//! Authenticator apps and recovery codes: set up, used, replaced and removed.

mod authenticator;
mod error;
mod proof;
mod replace;
mod setup;
mod store;
mod upkeep;

pub use authenticator::{Authenticator, TotpPolicy};
pub use error::TotpError;
pub use proof::{Proven, TotpProof};
pub use setup::{Confirmed, Totp, TotpSetup};
pub use store::{
    Authenticators, BeginOutcome, BeginTotp, ChangeOutcome, ConfirmTotp, ProvenStep, RemoveTotp, ReplaceRecovery,
    SpendOutcome, SpendRecovery, SpendStep,
};

#[cfg(feature = "mock")]
pub use store::MockAuthenticators;
