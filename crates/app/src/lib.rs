//! The use cases of Doorward: a folder a feature, over ports alone.
//!
//! Each feature is one struct of ports and small settings with one method a use case. Inputs
//! are parsed values, errors name what a caller can act on, and every step that a race could
//! spoil is one atomic method of a port in the feature's `store.rs`.

pub mod binding;
pub mod breaches;
mod circuit;
pub mod clients;
pub mod delivery;
pub mod flow;
pub mod introspection;
pub mod keys;
pub mod limits;
mod messages;
pub mod metrics;
mod moment;
mod number_proof;
pub mod operator;
pub mod password_login;
pub mod phone_login;
pub mod profile;
pub mod recovery;
pub mod registration;
pub mod sessions;
pub mod step_up;
pub mod totp;
pub mod undo;

pub use moment::Moment;
pub use number_proof::{NumberDrop, NumberProof};
