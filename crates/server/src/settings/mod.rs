//! The settings, read from defaults, a file and the environment, and validated.
//!
//! [`Settings::load`] finds every fault at once; what it returns needs no further checks.

mod database;
mod delivery;
mod detector_table;
mod fault;
mod flows;
mod http;
mod keys;
mod layers;
mod limit_text;
mod limits;
mod load;
mod log;
mod log_level;
mod prices;
mod providers;
mod recovery;
mod root_secret;
mod routes;
mod rules;
mod secret_file;
mod sessions;
mod text;
mod url;
mod warnings;

pub use database::{Database, DatabaseUrl};
pub use delivery::{Delivery, Retention};
pub use fault::{Fault, Faults};
pub use flows::{Flow, Otp, Phone, StepUp};
pub use http::Http;
pub use keys::Keys;
pub use layers::Sources;
pub use limits::Limits;
pub use load::{Profile, Settings};
pub use log::{Log, LogFormat};
pub use prices::Prices;
pub use providers::{Countries, Mailbox, Sms, Smtp, SmtpUrl, Twilio};
pub use recovery::Recovery;
pub use routes::{Common, Gateway, Mail, MailProvider, SmsKind, SmsProvider};
pub use sessions::{Algorithm, Assurance, Password, Session, Token};
pub use text::{DurationOrOff, SecretText};
