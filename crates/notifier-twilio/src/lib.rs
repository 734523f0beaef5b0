//! Delivers Doorward's messages to telephones by Twilio: SMS, WhatsApp, calls.
//!
//! [`TwilioNotifier`] posts them, and [`TwilioSignatures`] knows the reports on them.

mod error;
mod form;
mod meaning;
mod notifier;
mod settings;
mod signature;
mod twiml;

pub use error::TwilioError;
pub use meaning::is_recipient_never;
pub use notifier::TwilioNotifier;
pub use settings::{AddressRetention, ContentRetention, Credentials, Sender, TwilioSettings, TwilioSettingsError};
pub use signature::TwilioSignatures;
