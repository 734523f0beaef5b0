use std::sync::atomic::{AtomicUsize, Ordering};

use doorward_kernel::Timestamp;
use doorward_notifier::{Claimed, OutboxSignal};

/// A signal that wakes nobody and counts how often it was notified.
#[derive(Debug, Default)]
pub struct CountingSignal(AtomicUsize);

impl CountingSignal {
    /// Returns how often it was notified.
    pub fn notified(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl OutboxSignal for CountingSignal {
    fn notify(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn lease(&self, _: Timestamp) -> Option<Timestamp> {
        None
    }

    fn hand_over(&self, message: Claimed) {
        unreachable!("{:?} was handed over without a lease", message.message.id);
    }
}
