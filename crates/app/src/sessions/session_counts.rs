use std::time::Duration;

use doorward_kernel::{Timestamp, UserId};

use crate::recent::Recent;

/// The time that a count is trusted.
const LASTS: Duration = Duration::from_secs(1);

/// Accounts that a store found to have fewer than half of the sessions they may have.
///
/// A login need not count them again for a second, while this node opens no more than make half.
/// So an account has too many only where other nodes open the other half in that second; its next count ends them.
#[derive(Debug, Default)]
pub struct SessionCounts {
    /// The live sessions at most, those that this node has opened since they were counted included.
    known: Recent<UserId, u32>,
}

impl SessionCounts {
    /// Returns whether the sessions of the account, which may have `most`, must be counted before one more is opened.
    pub fn is_due(&self, user: UserId, most: u32, now: Timestamp) -> bool {
        let is_due = self.known.change(user, now, |live| {
            let is_due = *live >= most / 2;
            *live += u32::from(!is_due);
            is_due
        });
        is_due.unwrap_or(true)
    }

    /// Learns how many live sessions the account had before one was opened.
    pub fn note(&self, user: UserId, live: u32, now: Timestamp) {
        let live = live.saturating_add(1);
        if !self.known.learn(user, live, LASTS, now) {
            // What was opened meanwhile stays counted.
            self.known.change(user, now, |known| *known = live.max(*known));
        }
    }

    /// Has the sessions of the account counted next time, as one is opened that nobody counts here.
    pub fn forget(&self, user: UserId) {
        self.known.forget(user);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: UserId = UserId::from_bytes([1; 16]);

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(millis * 1000)
    }

    #[test]
    fn sessions_are_counted_again_after_a_second() {
        let counts = SessionCounts::default();
        assert!(counts.is_due(USER, 20, at(0)));

        counts.note(USER, 2, at(0));

        assert!(!counts.is_due(USER, 20, at(999)));
        assert!(counts.is_due(USER, 20, at(1000)));
    }

    #[test]
    fn sessions_are_counted_again_when_half_may_have_been_opened() {
        let counts = SessionCounts::default();

        // Eight are there, with the one that they were counted for.
        counts.note(USER, 7, at(0));

        assert_eq!([(); 3].map(|()| counts.is_due(USER, 20, at(1))), [false, false, true]);
    }

    #[test]
    fn sessions_of_an_account_that_has_half_are_always_counted() {
        let counts = SessionCounts::default();
        counts.note(USER, 0, at(0));

        counts.note(USER, 10, at(1));

        assert!(counts.is_due(USER, 20, at(2)));
        counts.note(USER, 0, at(2));
        assert!(counts.is_due(USER, 1, at(3)));
    }

    #[test]
    fn what_is_opened_while_others_are_counted_stays_counted() {
        let counts = SessionCounts::default();
        counts.note(USER, 0, at(0));
        assert!([(); 8].iter().all(|()| !counts.is_due(USER, 20, at(1))));

        counts.note(USER, 0, at(1));

        assert_eq!([(); 2].map(|()| counts.is_due(USER, 20, at(2))), [false, true]);
    }

    #[test]
    fn a_count_that_is_forgotten_is_made_again() {
        let counts = SessionCounts::default();
        counts.note(USER, 0, at(0));

        counts.forget(USER);

        assert!(counts.is_due(USER, 20, at(1)));
    }

    #[test]
    fn a_clock_that_steps_back_makes_no_count_last_longer() {
        let counts = SessionCounts::default();

        counts.note(USER, 0, at(60_000));

        assert!(counts.is_due(USER, 20, at(0)));
    }
}
