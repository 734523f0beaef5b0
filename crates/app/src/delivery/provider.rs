use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use doorward_kernel::{Clock, Timestamp};
use doorward_notifier::{Envelope, Notifier, SendError};

use crate::circuit::Circuit;

/// What sends messages of a kind, left alone for a while when it cannot be reached.
#[derive(Clone)]
pub struct Provider {
    notifier: Arc<dyn Notifier>,
    circuit: Arc<Mutex<Circuit>>,
}

/// Why a provider did not take a message.
pub(super) enum Unsent {
    /// It is left alone until then; nothing was tried.
    LeftAlone(Timestamp),
    /// It was tried.
    Failed(SendError),
}

impl Provider {
    /// One that nothing has failed with yet.
    pub fn new(notifier: Arc<dyn Notifier>) -> Self {
        Self { notifier, circuit: Arc::default() }
    }

    /// Hands a message over, unless it is left alone now.
    pub(super) async fn send(&self, envelope: &Envelope, clock: &dyn Clock, pause: Duration) -> Result<(), Unsent> {
        self.circuit().pass(clock.now(), pause).map_err(Unsent::LeftAlone)?;
        let outcome = self.notifier.send(envelope).await;
        match &outcome {
            Err(error @ SendError::Unavailable(_)) if self.circuit().failed(clock.now(), pause) => {
                let error = error as &dyn std::error::Error;
                tracing::error!(
                    error,
                    pause.seconds = pause.as_secs(),
                    "a provider is left alone, as it cannot be reached"
                );
            }
            Err(SendError::Unavailable(_)) => {}
            // Whoever refuses a message is there.
            Ok(()) | Err(SendError::Transient { .. } | SendError::Permanent(_)) => self.circuit().answered(),
        }
        outcome.map_err(Unsent::Failed)
    }

    fn circuit(&self) -> MutexGuard<'_, Circuit> {
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
