//! Hands Doorward's messages to telephones to a gateway by signed HTTP requests.
//!
//! [`HttpNotifier`] posts each message as JSON with its text, signed as Standard Webhooks are
//! ([`WebhookSecret`]), so that a few lines between it and any provider are a gateway.

mod error;
mod notifier;
mod payload;
mod secret;
mod settings;

pub use error::GatewayError;
pub use notifier::HttpNotifier;
pub use secret::{WebhookSecret, WebhookSecretError};
pub use settings::{HttpSettings, HttpSettingsError};
