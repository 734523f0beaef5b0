//! The commands.

mod check_config;
mod client;
mod dev;
mod healthcheck;
mod inbox;
mod keys;
mod man;
mod migrate;
mod openapi;
mod operator;
mod outbox;
mod serve;
mod sms;
mod user;

use std::io::Write;

pub use check_config::check_config;
pub use client::{ClientAction, client};
pub use dev::dev;
pub use healthcheck::healthcheck;
pub use inbox::{InboxAction, inbox};
pub use keys::{KeysAction, keys};
pub use man::{completions, man};
pub use migrate::{migrate, migration_status};
pub use openapi::openapi;
pub use outbox::{OutboxAction, outbox};
pub use serve::serve;
pub use sms::{SmsAction, sms};
pub use user::{AccountAction, UserAction, user};

/// The runtime that everything but the HTTP workers runs on.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("doorward").build()
}

/// Answers in JSON.
fn print(value: &serde_json::Value) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{value:#}")?)
}
