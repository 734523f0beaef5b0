use super::{Authentication, SignedIn};
use crate::step_up::strongest;

/// The change needs a proof that the account's owner is there right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fresh proof is needed")]
pub struct StepUpRequired;

impl Authentication {
    /// Refuses a session in which the account's strongest factor was not proved a short while ago.
    ///
    /// The proof counts by factor: neither a renewal nor a proof of a weaker factor is one. An
    /// account that has nothing but its password passes; there the current password decides,
    /// which every such change asks for anyway.
    pub fn require_fresh(&self, signed_in: &SignedIn) -> Result<(), StepUpRequired> {
        let Some(factor) = strongest(&signed_in.user) else { return Ok(()) };
        let is_fresh = self.policy.is_fresh(&signed_in.session, factor.methods(), self.moment.now());
        if is_fresh { Ok(()) } else { Err(StepUpRequired) }
    }
}
