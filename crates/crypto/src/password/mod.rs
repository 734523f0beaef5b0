//! Password verifiers: Argon2id outputs (RFC 9106), sealed to their users.

mod arena;
mod bench;
mod check;
mod denial;
mod hasher;
mod parameters;
mod phc;
mod pool;
mod priority;
mod queue;
mod seals;
mod work;

pub(crate) use bench::Bench;
pub use hasher::Argon2Hasher;
pub use parameters::{HashParameters, HashParametersError};
pub(crate) use work::{Prf, ScryptCosts, Unit, Variant, Work};
