use std::sync::atomic::{AtomicUsize, Ordering};

use doorward_kernel::Timestamp;
use doorward_notifier::{Bell, Claimed};

/// A bell that wakes nobody and counts how often it was rung.
#[derive(Debug, Default)]
pub struct SilentBell(AtomicUsize);

impl SilentBell {
    /// How often it was rung.
    pub fn rings(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Bell for SilentBell {
    fn ring(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn lease(&self, _: Timestamp) -> Option<Timestamp> {
        None
    }

    fn hand_over(&self, message: Claimed) {
        unreachable!("{:?} was handed over without a lease", message.message.id);
    }
}
