//! Delivers Doorward's messages as SMS, by Twilio's Messages API.
//!
//! [`render`] puts a message into words that fit one segment; [`TwilioNotifier`] posts them, and
//! [`TwilioSignatures`] knows the reports on them.

mod error;
mod meaning;
mod notifier;
pub mod render;
mod settings;
mod signature;
mod words;

pub use error::TwilioError;
pub use notifier::TwilioNotifier;
pub use settings::{Credentials, Sender, TwilioSettings, TwilioSettingsError};
pub use signature::TwilioSignatures;
