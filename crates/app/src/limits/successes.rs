use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    mem,
    time::Duration,
};

use doorward_kernel::Timestamp;

/// The most successes of a window that are remembered: half a MiB.
const CAPACITY: usize = 32_768;

/// Tells the first success at something in a window from those that follow.
///
/// A right code or password can be shown again and again at no cost, and each time would make up for a guess.
#[derive(Debug, Default)]
pub(super) struct Successes {
    keys: RandomState,
    begun_at: Option<Timestamp>,
    of_this_window: HashSet<u64>,
    of_the_last: HashSet<u64>,
}

impl Successes {
    /// Whether nothing was right there for a window, or two at most.
    pub(super) fn is_first(&mut self, tried: &str, window: Duration, now: Timestamp) -> bool {
        self.turn(window, now);
        let tried = self.keys.hash_one(tried);
        !self.of_the_last.contains(&tried) && self.of_this_window.insert(tried)
    }

    fn turn(&mut self, window: Duration, now: Timestamp) {
        let is_current = |begun: Timestamp, windows: u32| begun <= now && now < begun + window * windows;
        if self.begun_at.is_some_and(|begun| is_current(begun, 1)) && self.of_this_window.len() < CAPACITY {
            return;
        }
        let was_the_last = self.begun_at.is_some_and(|begun| is_current(begun, 2));
        self.of_the_last = mem::take(&mut self.of_this_window);
        if !was_the_last {
            self.of_the_last.clear();
        }
        self.begun_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_mins(5);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn only_the_first_of_a_window_is_first() {
        let mut successes = Successes::default();

        let firsts = [0, 1, 299].map(|second| successes.is_first("ada", WINDOW, at(second)));

        assert_eq!(firsts, [true, false, false]);
        assert!(successes.is_first("alan", WINDOW, at(299)));
    }

    #[test]
    fn what_was_right_at_the_end_of_a_window_is_not_first_in_the_next() {
        let mut successes = Successes::default();
        successes.is_first("ada", WINDOW, at(0));
        successes.is_first("alan", WINDOW, at(299));

        assert!(!successes.is_first("alan", WINDOW, at(300)));
        assert!(!successes.is_first("alan", WINDOW, at(598)));
        assert!(successes.is_first("alan", WINDOW, at(600)));
    }

    #[test]
    fn nothing_is_remembered_over_a_pause_of_two_windows_or_a_step_back_of_the_clock() {
        let mut successes = Successes::default();
        successes.is_first("ada", WINDOW, at(1000));

        assert!(successes.is_first("ada", WINDOW, at(1600)));
        assert!(successes.is_first("ada", WINDOW, at(0)));
    }

    #[test]
    fn any_number_of_them_take_no_more_room_than_twice_the_capacity() {
        let mut successes = Successes::default();

        for n in 0..3 * CAPACITY {
            assert!(successes.is_first(&n.to_string(), WINDOW, at(0)));
        }

        assert!(successes.of_this_window.len() + successes.of_the_last.len() <= 2 * CAPACITY);
    }
}
