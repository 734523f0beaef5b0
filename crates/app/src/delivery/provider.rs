use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use doorward_kernel::{Clock, Timestamp};
use doorward_notifier::{Envelope, Notifier, Receipt, Scope, SendError};

use crate::circuit_breaker::CircuitBreaker;

/// What sends messages of a kind, left alone for a while when it cannot be reached.
#[derive(Clone)]
pub struct Provider {
    notifier: Arc<dyn Notifier>,
    circuit: Arc<Mutex<CircuitBreaker>>,
}

impl Provider {
    /// One that nothing has failed with yet.
    pub fn new(notifier: Arc<dyn Notifier>) -> Self {
        Self { notifier, circuit: Arc::default() }
    }

    /// Lets a message pass, or tells until when the provider is left alone.
    pub(super) fn pass(&self, now: Timestamp, pause: Duration) -> Result<(), Timestamp> {
        self.circuit().pass(now, pause)
    }

    /// Tells that a message which was let pass is not handed over.
    pub(super) fn unused(&self, now: Timestamp) {
        self.circuit().unused(now);
    }

    /// Hands a message over that was let pass.
    pub(super) async fn send(
        &self,
        envelope: &Envelope,
        clock: &dyn Clock,
        pause: Duration,
    ) -> Result<Receipt, SendError> {
        let outcome = self.notifier.send(envelope).await;
        match &outcome {
            Err(error @ (SendError::Unavailable(_) | SendError::ProviderCannot { scope: Scope::Everyone, .. })) => {
                if self.circuit().failed(clock.now(), pause) {
                    let error = error as &dyn std::error::Error;
                    tracing::error!(
                        error,
                        pause.seconds = pause.as_secs(),
                        "a provider is left alone, as it does not send"
                    );
                }
            }
            // Whoever refuses a message is there.
            Ok(_)
            | Err(
                SendError::Transient { .. }
                | SendError::ProviderCannot { scope: Scope::Country, .. }
                | SendError::RecipientNever(_)
                | SendError::Failed(_),
            ) => self.circuit().answered(),
        }
        outcome
    }

    fn circuit(&self) -> MutexGuard<'_, CircuitBreaker> {
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
