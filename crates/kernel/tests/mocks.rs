//! An example for other crates: a test sets the clock by the mock that the feature `mock` brings.

use std::time::Duration;

use doorward_kernel::{Clock, MockClock, Timestamp};

/// The code under test: an offer that is good for a day.
fn is_good(offered_at: Timestamp, clock: &dyn Clock) -> bool {
    clock.now() < offered_at + Duration::from_hours(24)
}

#[test]
fn an_offer_is_good_for_a_day() {
    let offered_at = Timestamp::from_micros(0);
    let at = |hours| {
        let mut clock = MockClock::new();
        clock.expect_now().times(1).return_const(offered_at + Duration::from_hours(hours));
        clock
    };

    assert!(is_good(offered_at, &at(23)));
    assert!(!is_good(offered_at, &at(24)));
}
