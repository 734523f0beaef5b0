use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use doorward_kernel::ChallengeId;

/// The most codes that wait to be counted; more are not.
const MOST: usize = 10_000;

/// The codes that were entered on this node and are not yet counted for the providers that took them.
///
/// Only the row of a message knows its provider; it is read later, so that no login waits for it.
#[derive(Clone, Debug, Default)]
pub struct EnteredCodes(Arc<Mutex<Vec<ChallengeId>>>);

impl EnteredCodes {
    /// Notes that the code of a challenge was entered.
    pub(crate) fn note(&self, challenge: ChallengeId) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MOST {
            waiting.push(challenge);
        }
    }

    /// Those that were entered since this was asked last.
    pub(super) fn drain(&self) -> Vec<ChallengeId> {
        mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
