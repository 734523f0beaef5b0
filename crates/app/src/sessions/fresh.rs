use doorward_kernel::{StoreError, Timestamp};
use doorward_session::{Assurance, Method};

use super::Authentication;
use crate::{
    SignedIn,
    factors::{Change, Evidence, Given, Holdings, Refusal, SessionEvidence, StrongFactor, Verdict, decide, strongest},
};

/// The change needs a verification that the account's owner is there right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("fresh evidence is needed")]
pub struct StepUpRequired;

impl Authentication {
    /// Refuses a change that needs a fresh verification in a session that has none.
    ///
    /// It is asked before the password is compared, which comes with every such call.
    pub fn require_fresh(&self, signed_in: &SignedIn, change: Change) -> Result<(), StepUpRequired> {
        let evidence = SessionEvidence { given: Given::PasswordAndCode, ..self.evidence_of(signed_in) };
        match decide(change, Holdings::of(&signed_in.user), Evidence::Session(evidence)) {
            Verdict::Refused(Refusal::StepUp) => Err(StepUpRequired),
            Verdict::AtOnce | Verdict::Pending | Verdict::Refused(_) => Ok(()),
        }
    }

    /// Notes that the owner was verified by that method, in the session, for a change of factors:
    /// what follows within `step_up.fresh` asks for no other verification.
    pub(crate) async fn note_verification(
        &self,
        SignedIn { session, .. }: &SignedIn,
        method: Method,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let methods = session.methods.clone().verified(method, now);
        self.sessions.note_methods(session.id, session.methods.clone(), methods, now).await
    }

    /// Returns the evidence that the session gives by itself.
    ///
    /// Each factor counts from its own last verification: neither a renewal nor a weaker factor
    /// makes it fresh.
    pub(crate) fn evidence_of(&self, SignedIn { session, user }: &SignedIn) -> SessionEvidence {
        let now = self.clock_and_ids.now();
        let methods = strongest(user).map_or(&[Method::Password][..], StrongFactor::methods);
        let is_strong = self.policy.assurance(session, now) == Assurance::Aal2;
        SessionEvidence {
            is_fresh: self.policy.is_fresh(session, methods, now),
            is_strong: is_strong || self.policy.is_fresh(session, &[Method::Password], now),
            given: Given::Nothing,
        }
    }
}
