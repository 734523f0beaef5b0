//! Doorward's stores on PostgreSQL.
//!
//! Every race is decided by a guard in the statement that changes the row, at READ COMMITTED.
//! Steps that lock more than one row lock the account first, so that none waits for another in a
//! circle.
//!
//! [`PgStore`] implements every store port; a file under `ports` each, put together from the
//! functions under `steps`, which work on one connection, never commit and have the names of the
//! SQLite store's. The steps that come most are one statement each: they are under `hot`, as SQL.

mod batch;
mod columns;
mod connection;
mod fault;
mod hot;
mod migrations;
mod ports;
mod rows;
mod schema;
mod settings;
mod span;
mod sql;
mod steps;
mod store;

pub use migrations::{MIGRATIONS, MigrateError, migrate, schema_status};
pub use settings::{PgSettings, PgSettingsError, Pooling};
pub use store::{PgStore, PoolUse};
