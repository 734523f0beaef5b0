//! Factors of an account: who may bind, replace or remove which one, with which evidence, and what
//! becomes of a change that is pending.
//!
//! The table of `docs/security/factors.md` in code: [`decide`] is asked by every use case, so no
//! other place says what evidence a change needs.

mod pending;
mod rules;
#[cfg(test)]
mod rules_tests;
mod strongest;

pub use pending::{Outranked, kept_pending};
pub use rules::{Change, Evidence, Given, Holdings, Refusal, SessionEvidence, Verdict, decide};
pub use strongest::{StrongFactor, strongest};
