//! Doorward's stores on one embedded SQLite file.
//!
//! One thread writes; what waits together is committed together, each step in a savepoint of
//! its own, so that an `fsync` is paid once for many. Reads run beside it. Every race is
//! decided by a guard in the statement that changes the row, inside `BEGIN IMMEDIATE`, so two
//! processes on one file stay right too.
//!
//! ```no_run
//! # async fn example() -> Result<(), doorward_kernel::StoreError> {
//! use doorward_store_sqlite::{SqliteSettings, SqliteStore};
//!
//! let store = SqliteStore::open(SqliteSettings::new("doorward-data/doorward.db"))?;
//! store.migrate().await?;
//! store.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! [`SqliteStore`] implements every store port; a file under `ports` each, put together from the
//! functions under `steps`, which work on one connection and never commit.

mod columns;
mod connection;
mod disk;
mod fault;
mod file;
mod migrations;
mod ports;
mod readers;
mod rows;
mod schema;
mod settings;
mod span;
mod steps;
mod store;
mod writer;

pub use migrations::MIGRATIONS;
pub use settings::{SqliteSettings, Synchronous};
pub use store::SqliteStore;
