//! Password verifiers: Argon2id outputs (RFC 9106), sealed to their users.

mod arena;
mod hasher;
mod parameters;
mod phc;
mod pool;
mod queue;
mod seals;

pub use hasher::Argon2Hasher;
pub use parameters::{HashParameters, HashParametersError};
