//! The settings, read from defaults, a file and the environment, and validated.
//!
//! [`Settings::load`] finds every fault at once; what it returns needs no further checks.

mod channels;
mod database;
mod delivery;
mod detector_table;
mod flows;
mod http;
mod keys;
mod layers;
mod limit_text;
mod limits;
mod load;
mod log;
mod log_level;
mod password;
mod prices;
mod provider_lists;
mod providers;
mod recovery;
mod reviewers;
mod root_secret;
mod rules;
mod secret_file;
mod session;
mod setting_errors;
mod telemetry;
mod text;
mod texts;
mod token;
mod url;
mod warnings;

pub use channels::Channels;
pub use database::{Database, DatabaseUrl};
pub use delivery::{Delivery, Outcomes, Retention};
pub use flows::{Flow, Otp, Phone, StepUp};
pub use http::Http;
pub use keys::Keys;
pub use layers::Sources;
pub use limits::Limits;
pub use load::{Profile, Settings};
pub use log::{Log, LogFormat};
pub use password::Password;
pub use prices::Prices;
pub use provider_lists::{Common, Gateway, Mail, MailProvider, PhoneProvider, PhoneProviderKind};
pub use providers::{Countries, Mailbox, Sms, Smtp, SmtpUrl, Twilio, Voice};
pub use recovery::Recovery;
pub use reviewers::ReviewerNumber;
pub use session::{Assurance, Session};
pub use setting_errors::{SettingError, SettingErrors};
pub use telemetry::Telemetry;
pub use text::{DurationOrOff, SecretText};
pub use texts::{Color, Texts};
pub use token::{Algorithm, Token};
