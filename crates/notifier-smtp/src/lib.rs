//! Delivers Doorward's messages by SMTP.
//!
//! [`render`] puts a message into words, in the language of its reader, as text and as HTML;
//! [`SmtpNotifier`] sends them over TLS, and over a plain connection only to this machine.

mod connections;
mod conversation;
mod custom;
mod ehlo;
mod error;
mod meaning;
mod message;
mod notifier;
pub mod render;
mod server;
mod words;

pub use error::{SmtpError, Stage};
pub use notifier::{SmtpNotifier, SmtpSettings, SmtpSettingsError};
pub use render::MailContext;
