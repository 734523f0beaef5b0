//! Delivers Doorward's messages as SMS, by Twilio's Messages API.
//!
//! [`TwilioNotifier`] posts them, and [`TwilioSignatures`] knows the reports on them.

mod error;
mod meaning;
mod notifier;
mod settings;
mod signature;

pub use error::TwilioError;
pub use meaning::is_recipient_never;
pub use notifier::TwilioNotifier;
pub use settings::{AddressRetention, ContentRetention, Credentials, Sender, TwilioSettings, TwilioSettingsError};
pub use signature::TwilioSignatures;
