use std::time::Duration;

use doorward_kernel::Timestamp;

use crate::circuit_breaker::CircuitBreaker;

/// The time that look-ups are left out when nobody answers them.
const PAUSE: Duration = Duration::from_secs(30);
/// How far apart warnings are.
const WARN_EVERY: Duration = Duration::from_mins(1);

/// Outages of look-ups: when to ask again, and when to warn again.
#[derive(Debug, Default)]
pub(super) struct Outages {
    circuit: CircuitBreaker,
    untold: u64,
    warned_at: Option<Timestamp>,
}

impl Outages {
    /// Returns whether a look-up may be made now, lest everybody waits for what does not answer.
    pub(super) fn may_ask(&mut self, now: Timestamp) -> bool {
        self.circuit.pass(now, PAUSE).is_ok()
    }

    /// An answer came.
    pub(super) fn ended(&mut self) {
        self.circuit.answered();
    }

    /// None came.
    pub(super) fn failed(&mut self, now: Timestamp) {
        self.circuit.failed(now, PAUSE);
    }

    /// Counts a password that was taken unseen; gives how many there were when it is time to tell.
    pub(super) fn taken_unseen(&mut self, now: Timestamp) -> Option<u64> {
        self.untold += 1;
        let is_time = self.warned_at.is_none_or(|warned_at| warned_at + WARN_EVERY <= now);
        is_time.then(|| {
            self.warned_at = Some(now);
            std::mem::take(&mut self.untold)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn what_was_taken_unseen_is_told_at_once_and_then_once_a_minute() {
        let mut outages = Outages::default();

        let told = [0, 1, 59, 60, 61].map(|second| outages.taken_unseen(at(second)));

        assert_eq!(told, [Some(1), None, None, Some(3), None]);
    }
}
