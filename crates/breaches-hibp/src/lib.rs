//! Looks passwords up in breaches, by the range API of Have I Been Pwned and its mirrors.
//!
//! Of a password's SHA-1 the first five of forty hexadecimal digits leave this machine, which
//! thousands of known passwords share; the answer names the other 35 of each. Padding hides
//! from who watches the line how many there were.

mod digest;
mod error;
mod passwords;
mod range;
mod settings;

pub use error::HibpError;
pub use passwords::HibpPasswords;
pub use settings::{HibpSettings, HibpSettingsError};
