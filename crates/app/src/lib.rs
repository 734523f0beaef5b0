//! The use cases of Doorward: a folder a feature, over ports alone.
//!
//! Each feature is one struct of ports and small settings with one method a use case. Inputs
//! are parsed values, errors name what a caller can act on, and every step that a race could
//! spoil is one atomic method of a port in the feature's `store.rs`.
//!
//! ```
//! use std::sync::Arc;
//!
//! use doorward_app::{
//!     ClockAndIds,
//!     delivery::{OutboxAdmin, Scope},
//! };
//! use doorward_testkit::{
//!     MemoryStore,
//!     fakes::{FixedClock, SeededRandom},
//! };
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let clock_and_ids = ClockAndIds { clock: Arc::new(FixedClock::default()), random: Arc::new(SeededRandom::default()) };
//! let outbox_admin = OutboxAdmin { clock_and_ids, outbox: Arc::new(MemoryStore::default()) };
//! let listing = outbox_admin.list(Scope::Everything, 10).await?;
//! assert!(listing.entries.is_empty() && !listing.is_more);
//! # Ok::<_, doorward_kernel::StoreError>(())
//! # })?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

pub mod answers;
mod app;
mod assembly;
pub mod binding;
pub mod breaches;
mod circuit_breaker;
pub mod claims;
pub mod clients;
mod clock_and_ids;
pub mod delivery;
pub mod factors;
pub mod flow;
pub mod introspection;
pub mod keys;
pub mod limits;
pub mod logins;
mod messages;
pub mod metrics;
mod number_verification;
pub mod operator;
mod parts;
pub mod password_login;
pub mod phone_login;
pub mod profile;
mod recent;
pub mod recovery;
pub mod registration;
pub mod reviewers;
pub mod sessions;
mod signed_in;
mod spent_code;
pub mod step_up;
mod store;
pub mod totp;
pub mod undo;

pub use app::App;
pub use clock_and_ids::ClockAndIds;
pub use number_verification::{NumberDrop, NumberVerification};
pub use parts::{Keys, Parts, Policies};
pub use signed_in::SignedIn;
pub use spent_code::{SingleUse, SpentCode};
pub use store::Store;
