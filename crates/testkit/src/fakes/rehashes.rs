use std::sync::{Mutex, PoisonError};

use doorward_app::password_login::{Rehashes, StaleVerifier};

/// Takes notes of outdated verifiers and does nothing about them.
#[derive(Debug, Default)]
pub struct NotedRehashes(Mutex<Vec<StaleVerifier>>);

impl NotedRehashes {
    /// Returns the stale verifiers noted since the last call.
    pub fn take(&self) -> Vec<StaleVerifier> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Rehashes for NotedRehashes {
    fn ask(&self, stale: StaleVerifier) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(stale);
    }
}
