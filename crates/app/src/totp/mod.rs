//! Authenticator apps and recovery codes: set up, used, replaced and removed.

mod authenticator;
mod codes;
mod error;
mod pending_authenticators;
mod replace;
mod setup;
mod store;
mod upkeep;

pub use authenticator::{Authenticator, TotpPolicy};
pub use codes::{CheckedCode, TotpCodes};
pub use error::TotpError;
pub use pending_authenticators::{
    ApplyAuthenticator, BeginPending, Due, PendingAuthenticator, PendingAuthenticators, ScheduleAuthenticator,
};
pub use setup::{Confirmed, Totp, TotpSetup};
pub use store::{
    Authenticators, BeginOutcome, BeginTotp, ChangeOutcome, ConfirmTotp, RemoveTotp, ReplaceRecovery, SpendOutcome,
};
