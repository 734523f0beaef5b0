//! A real PostgreSQL for tests, with nothing to set up.
//!
//! The server is the one `DOORWARD_TEST_DATABASE_URL` names, or a private one: made from the
//! binaries that are installed, shared by the tests of one process, gone when that ends.
//! Each test gets a database of its own.
//!
//! ```no_run
//! use doorward_testkit::postgres::{Template, TestDatabase};
//!
//! fn migrate(url: &str) {
//!     // Apply the migrations to the database at `url`.
//! }
//! static MIGRATED: Template = Template::new(migrate);
//!
//! let database = TestDatabase::create(Some(&MIGRATED));
//! println!("{}", database.url());
//! ```

mod admin;
mod binaries;
mod cluster;
mod database;
mod recorder;

pub use binaries::find_binaries;
pub use cluster::make_durable;
pub use database::{Template, TestDatabase};
pub use recorder::{Recorded, Recorder};
