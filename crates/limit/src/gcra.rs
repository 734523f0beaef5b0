//! The arithmetic of a rate: the generic cell rate algorithm over one instant.
//!
//! The whole state of a rate is the instant at which its bucket will be full again, the
//! *theoretical arrival time*. Taking moves it by [`Rate::interval_micros`] per unit, and it
//! may never lie further ahead than [`Rate::fill_micros`]. A state that has passed says the
//! bucket is full, exactly as no state does, so a row is forgotten when `state <= now` and
//! at no other time: nobody can force a fuller bucket by making others forgotten.
//!
//! In SQL a take is one guarded statement, refused when it returns no row
//! (`$take` = interval × cost, `$fill` = interval × burst, cost ≤ burst, all microseconds):
//!
//! ```sql
//! INSERT INTO buckets AS kept (kind, subject, window_seconds, state) VALUES ($kind, $subject, $window, $now + $take)
//! ON CONFLICT (kind, subject, window_seconds) DO UPDATE
//!     SET state = greatest(kept.state, $now) + $take
//!     WHERE greatest(kept.state, $now) + $take <= $now + $fill
//! RETURNING state
//! ```
//!
//! A refusal may find a state beyond an empty bucket's, after the clock stepped back or the
//! limit became smaller. It then counts as empty, and is stored so, once:
//! `UPDATE buckets SET state = $now + $fill WHERE … AND state > $now + $fill`.

use doorward_kernel::Timestamp;

use crate::Rate;

/// Whether a rate admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It does.
    Admitted {
        /// The state to keep.
        state: Timestamp,
    },
    /// It does not, and nothing is taken.
    Refused {
        /// The soonest instant at which the same take is admitted, if nothing else is taken.
        retry_at: Timestamp,
    },
    /// It never will: the cost is above the burst.
    Never,
}

impl Rate {
    /// Takes so many units; `None` is a full bucket.
    ///
    /// A cost of zero is always admitted and takes nothing.
    pub fn admit(self, state: Option<Timestamp>, now: Timestamp, cost: u32) -> Decision {
        if cost > self.burst() {
            return Decision::Never;
        }
        let taken = self.emptied_at(state, now) + self.take_of(cost);
        let latest = wide(now) + i128::from(self.fill_micros());
        if taken <= latest {
            Decision::Admitted { state: instant(taken) }
        } else {
            Decision::Refused { retry_at: instant(taken - i128::from(self.fill_micros())) }
        }
    }

    /// The units that could be taken at once, at most the burst.
    pub fn peek(self, state: Option<Timestamp>, now: Timestamp) -> u32 {
        let room = wide(now) + i128::from(self.fill_micros()) - self.emptied_at(state, now);
        u32::try_from(room / i128::from(self.interval_micros())).unwrap_or(0).min(self.burst())
    }

    /// The state after giving back so many units; `None` once the bucket is full.
    ///
    /// It gives back what was taken a moment ago, for nothing: what has come back by itself
    /// since then would be had twice.
    pub fn refund(self, state: Option<Timestamp>, now: Timestamp, cost: u32) -> Option<Timestamp> {
        let state = instant(self.emptied_at(state, now) - self.take_of(cost));
        (state > now).then_some(state)
    }

    /// The state as it counts now: `None` when full, and never beyond an empty bucket's.
    pub fn settled(self, state: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        self.refund(state, now, 0)
    }

    fn take_of(self, cost: u32) -> i128 {
        i128::from(self.interval_micros()) * i128::from(cost)
    }

    /// The state in microseconds, between a full bucket's and an empty one's.
    fn emptied_at(self, state: Option<Timestamp>, now: Timestamp) -> i128 {
        let full = wide(now);
        state.map_or(full, wide).clamp(full, full + i128::from(self.fill_micros()))
    }
}

fn wide(instant: Timestamp) -> i128 {
    i128::from(instant.as_micros())
}

/// Saturates at the ends of time.
fn instant(micros: i128) -> Timestamp {
    let end = if micros < 0 { i64::MIN } else { i64::MAX };
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(end))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn rate(text: &str) -> Rate {
        Rate::parse(text).unwrap()
    }

    #[test]
    fn three_a_minute_are_had_at_once_and_then_one_every_twenty_seconds() {
        let rate = rate("3/1m");
        let mut state = None;
        for left in [2, 1, 0] {
            let Decision::Admitted { state: next } = rate.admit(state, at(0), 1) else { panic!("refused") };
            state = Some(next);
            assert_eq!(rate.peek(state, at(0)), left);
        }

        assert_eq!(rate.admit(state, at(0), 1), Decision::Refused { retry_at: at(20) });
        assert_eq!(rate.admit(state, at(19), 1), Decision::Refused { retry_at: at(20) });
        assert_eq!(rate.admit(state, at(20), 1), Decision::Admitted { state: at(80) });
        assert_eq!(rate.peek(state, at(60)), 3);
    }

    #[test]
    fn a_cost_above_the_burst_is_never_admitted_and_a_cost_of_zero_always() {
        let rate = rate("60/1m burst 2");

        assert_eq!(rate.admit(None, at(0), 3), Decision::Never);
        assert_eq!(rate.admit(None, at(0), u32::MAX), Decision::Never);
        assert_eq!(rate.admit(Some(at(2)), at(0), 0), Decision::Admitted { state: at(2) });
        assert_eq!(rate.admit(Some(at(9)), at(0), 0), Decision::Admitted { state: at(2) });
    }

    #[test]
    fn a_clock_that_steps_back_finds_the_bucket_emptier_and_never_owing() {
        let rate = rate("3/1m");
        let state = Some(at(1000));

        assert_eq!(rate.peek(state, at(0)), 0);
        assert_eq!(rate.admit(state, at(0), 1), Decision::Refused { retry_at: at(20) });
        assert_eq!(rate.settled(state, at(0)), Some(at(60)));
    }

    #[test]
    fn a_state_that_has_passed_is_a_full_bucket() {
        let rate = rate("3/1m");

        for now in [at(100), at(101)] {
            assert_eq!(rate.settled(Some(at(100)), now), None);
            assert_eq!(rate.admit(Some(at(100)), now, 1), rate.admit(None, now, 1));
        }
        assert_eq!(rate.settled(Some(at(100)), at(99)), Some(at(100)));
    }

    #[test]
    fn a_refund_gives_back_what_was_taken_and_no_more() {
        let rate = rate("3/1m");

        assert_eq!(rate.refund(Some(at(60)), at(0), 1), Some(at(40)));
        assert_eq!(rate.refund(Some(at(20)), at(0), 1), None);
        assert_eq!(rate.refund(Some(at(60)), at(0), u32::MAX), None);
        assert_eq!(rate.refund(None, at(0), 1), None);
    }

    #[test]
    fn nothing_overflows_at_the_ends_of_time() {
        let rate = Rate::with_burst(1, Duration::from_hours(24 * 366), 10).unwrap();
        let (start, end) = (Timestamp::from_micros(i64::MIN), Timestamp::from_micros(i64::MAX));

        for (state, now) in [(None, end), (Some(end), start), (Some(start), end), (Some(end), end)] {
            let _ = rate.admit(state, now, 10);
            assert!(rate.peek(state, now) <= 10);
            assert!(rate.refund(state, now, u32::MAX).is_none());
        }
    }
}
