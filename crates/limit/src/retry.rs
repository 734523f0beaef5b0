use std::time::Duration;

use doorward_kernel::Timestamp;

/// The waits that callers are told, in seconds.
const STEPS: [u32; 5] = [5, 10, 30, 60, 300];

/// The longest of them.
const LONGEST: u32 = 3600;

/// The seconds of `Retry-After` until that instant, rounded up to 5, 10, 30, 60, 300 or 3600.
///
/// Coarse, so that it tells nothing about which bucket is used up or how far.
/// A longer wait is told as an hour too, and so is `None`, which is never; who comes back then is told so again.
pub fn retry_after(retry_at: Option<Timestamp>, now: Timestamp) -> u32 {
    let is_enough = |step: &u32| retry_at.is_some_and(|at| at.since(now) <= Duration::from_secs(u64::from(*step)));
    STEPS.into_iter().find(is_enough).unwrap_or(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_rounded_up_to_a_few_steps() {
        for (wait, told) in [
            (-1, 5),
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
            let at = Timestamp::from_micros(wait * 1000);

            assert_eq!(retry_after(Some(at), Timestamp::from_micros(0)), told, "{wait} ms");
        }
        assert_eq!(retry_after(None, Timestamp::from_micros(0)), 3600);
    }
}
