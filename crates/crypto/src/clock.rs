use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use doorward_kernel::{Clock, Timestamp};

/// The machine's wall clock, moved by an offset so that all nodes can follow one database.
#[derive(Debug, Default)]
pub struct SystemClock {
    offset_micros: AtomicI64,
}

impl SystemClock {
    /// Sets what is added to the machine's time, in microseconds; negative when it is ahead.
    pub fn set_offset_micros(&self, offset_micros: i64) {
        self.offset_micros.store(offset_micros, Ordering::Relaxed);
    }

    /// Returns what is added to the machine's time, in microseconds.
    pub fn offset_micros(&self) -> i64 {
        self.offset_micros.load(Ordering::Relaxed)
    }
}

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the clock that everyone else asks")]
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(micros(SystemTime::now()).saturating_add(self.offset_micros()))
    }
}

fn micros(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, i64::wrapping_neg),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_offset_moves_the_clock() {
        let (clock, ahead) = (SystemClock::default(), SystemClock::default());
        ahead.set_offset_micros(3_600_000_000);

        let earlier = clock.now();
        let later = ahead.now();

        assert!(later.since(earlier) >= Duration::from_hours(1));
    }

    #[test]
    fn instants_before_1970_are_negative() {
        assert_eq!(micros(UNIX_EPOCH - Duration::from_micros(7)), -7);
        assert_eq!(micros(UNIX_EPOCH + Duration::from_micros(7)), 7);
    }
}
