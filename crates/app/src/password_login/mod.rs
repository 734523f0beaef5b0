//! Login that starts with the password, and verifiers made anew once they are outdated.

mod rehash;
mod second_factor;
mod store;
mod use_case;

pub use rehash::{Rehashes, Rehashing, StaleVerifier};
pub use second_factor::{PasswordAlone, SecondFactor};
pub use store::{Opening, PasswordLogins, PasswordOutcome, Rehash, RehashOutcome, RightPassword, Then};
pub use use_case::{PasswordAttempt, PasswordLogin, PasswordLoginError};

#[cfg(feature = "mock")]
pub use {rehash::MockRehashes, store::MockPasswordLogins};
