//! Builds the service from its settings: the one place where ports meet adapters.

mod app;
mod breaches;
mod counted_hasher;
mod database;
mod epoch_reload;
mod http;
mod keys;
mod operator;
mod password_costs;
mod policies;
mod providers;
mod schema;

pub(crate) use app::Wiring;
pub(crate) use counted_hasher::describe_hashes;
pub(crate) use database::Database;
pub(crate) use http::http_settings;
pub(crate) use keys::{Keys, open_keys};
pub(crate) use operator::{clients, importer, operator, outbox_admin};
pub(crate) use password_costs::PasswordCosts;
pub(crate) use providers::{Providers, captured, real};
