//! Authenticator apps and recovery codes: set up, used, replaced and removed.

mod authenticator;
mod error;
mod pending_authenticators;
mod proof;
mod replace;
mod setup;
mod store;
mod upkeep;

pub use authenticator::{Authenticator, TotpPolicy};
pub use error::TotpError;
pub use pending_authenticators::{
    ApplyAuthenticator, BeginPending, Due, PendingAuthenticator, PendingAuthenticators, ScheduleAuthenticator,
};
pub use proof::{Proven, TotpProof};
pub use setup::{Confirmed, Totp, TotpSetup};
pub use store::{
    Authenticators, BeginOutcome, BeginTotp, ChangeOutcome, ConfirmTotp, ProvenStep, RemoveTotp, ReplaceRecovery,
    SpendOutcome, SpendRecovery, SpendStep,
};
