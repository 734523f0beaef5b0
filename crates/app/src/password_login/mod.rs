//! Login that starts with the password, and verifiers made anew once they are outdated.

mod attempt;
mod errors;
mod next;
mod rehash;
mod second_factor;
mod use_case;

pub use attempt::PasswordAttempt;
pub use errors::PasswordLoginError;
pub use rehash::{Rehashes, Rehashing, StaleVerifier};
pub use second_factor::{PasswordAlone, SecondFactor};
pub use use_case::PasswordLogin;
