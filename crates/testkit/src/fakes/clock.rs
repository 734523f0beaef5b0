use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use doorward_kernel::{Clock, Timestamp};

use crate::fixtures;

/// A clock that moves only when it is told to; it starts at [`fixtures::now`].
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock that shows that instant.
    pub const fn at(instant: Timestamp) -> Self {
        Self(AtomicI64::new(instant.as_micros()))
    }

    /// Shows that instant from now on.
    pub fn set(&self, instant: Timestamp) {
        self.0.store(instant.as_micros(), Ordering::SeqCst);
    }

    /// Moves on, and gives the instant it shows then.
    pub fn advance(&self, by: Duration) -> Timestamp {
        let moved = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |micros| {
            Some((Timestamp::from_micros(micros) + by).as_micros())
        });
        Timestamp::from_micros(moved.unwrap_or_else(|micros| micros)) + by
    }
}

impl Default for FixedClock {
    fn default() -> Self {
        Self::at(fixtures::now())
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_moves_only_when_told_to() {
        let clock = FixedClock::default();

        let later = clock.advance(Duration::from_secs(3));

        assert_eq!(clock.now(), later);
        assert_eq!(later, fixtures::at(3));
    }
}
