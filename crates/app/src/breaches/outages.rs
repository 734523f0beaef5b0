use std::time::Duration;

use doorward_kernel::Timestamp;

/// Failures in a row after which look-ups are left out for a while.
const IN_A_ROW: u32 = 5;
/// How long they are left out.
const PAUSE: Duration = Duration::from_secs(30);
/// How far apart warnings are.
const WARN_EVERY: Duration = Duration::from_mins(1);

/// What is remembered of look-ups that failed: when to ask again, and when to tell of it.
#[derive(Debug, Default)]
pub(super) struct Outages {
    in_a_row: u32,
    paused_until: Option<Timestamp>,
    untold: u64,
    told_at: Option<Timestamp>,
}

impl Outages {
    /// Whether nothing is to be asked now, lest everybody waits for what does not answer.
    pub(super) fn is_paused(&self, now: Timestamp) -> bool {
        self.paused_until.is_some_and(|until| now < until)
    }

    /// An answer came.
    pub(super) fn ended(&mut self) {
        self.in_a_row = 0;
        self.paused_until = None;
    }

    /// None came.
    pub(super) fn failed(&mut self, now: Timestamp) {
        self.in_a_row = self.in_a_row.saturating_add(1);
        if self.in_a_row >= IN_A_ROW {
            self.paused_until = Some(now + PAUSE);
        }
    }

    /// Counts a password that was taken unseen; gives how many there were when it is time to tell.
    pub(super) fn taken_unseen(&mut self, now: Timestamp) -> Option<u64> {
        self.untold += 1;
        let is_time = self.told_at.is_none_or(|told_at| told_at + WARN_EVERY <= now);
        is_time.then(|| {
            self.told_at = Some(now);
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
    fn five_failures_in_a_row_pause_for_half_a_minute() {
        let mut outages = Outages::default();

        for _ in 0..4 {
            outages.failed(at(0));
        }
        assert!(!outages.is_paused(at(0)));
        outages.failed(at(10));

        assert_eq!([10, 39, 40].map(|second| outages.is_paused(at(second))), [true, true, false]);
    }

    #[test]
    fn after_a_pause_one_more_failure_is_enough_and_an_answer_ends_it() {
        let mut outages = Outages::default();
        for _ in 0..5 {
            outages.failed(at(0));
        }

        outages.failed(at(30));
        assert!(outages.is_paused(at(59)));
        outages.ended();

        assert!(!outages.is_paused(at(59)));
        outages.failed(at(60));
        assert!(!outages.is_paused(at(60)));
    }

    #[test]
    fn what_was_taken_unseen_is_told_at_once_and_then_once_a_minute() {
        let mut outages = Outages::default();

        let told = [0, 1, 59, 60, 61].map(|second| outages.taken_unseen(at(second)));

        assert_eq!(told, [Some(1), None, None, Some(3), None]);
    }
}
