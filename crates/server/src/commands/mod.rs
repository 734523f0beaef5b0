//! What each command does.

mod check_config;
mod dev;
mod migrate;
mod openapi;
mod serve;

pub use check_config::check_config;
pub use dev::dev;
pub use migrate::{migrate, migration_status};
pub use openapi::openapi;
pub use serve::serve;

/// The runtime that everything but the HTTP workers runs on.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("doorward").build()
}
