use std::time::Duration;

use doorward_kernel::Timestamp;

/// The waits that callers are told, in seconds.
const STEPS: [u32; 6] = [5, 10, 30, 60, 300, 3600];

/// The seconds of `Retry-After`: the wait, rounded up to 5, 10, 30, 60, 300 or 3600.
///
/// Coarse, so that it tells nothing about which bucket is used up or how far.
/// A longer wait is told as an hour too; who comes back then is told so again.
pub fn retry_after(wait: Duration) -> u32 {
    let longest = 3600;
    STEPS.into_iter().find(|step| wait <= Duration::from_secs(u64::from(*step))).unwrap_or(longest)
}

/// The seconds to tell someone who may come back at that instant.
pub fn retry_after_until(retry_at: Timestamp, now: Timestamp) -> u32 {
    retry_after(retry_at.since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_rounded_up_to_a_few_steps() {
        for (wait, told) in [
            (0, 5),
            (5000, 5),
            (5001, 10),
            (10_000, 10),
            (10_001, 30),
            (30_001, 60),
            (60_001, 300),
            (300_001, 3600),
            (3_600_000, 3600),
            (86_400_000, 3600),
        ] {
            assert_eq!(retry_after(Duration::from_millis(wait)), told, "{wait} ms");
        }
    }

    #[test]
    fn an_instant_that_has_passed_is_the_shortest_wait() {
        assert_eq!(retry_after_until(Timestamp::from_micros(0), Timestamp::from_micros(9)), 5);
    }
}
