use std::time::Duration;

/// The minutes that a message says are left: rounded up, at least one.
pub fn minutes(remaining: Duration) -> u64 {
    let has_part = remaining.subsec_nanos() > 0;
    (remaining.as_secs() + u64::from(has_part)).div_ceil(60).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_rounded_up() {
        for (millis, expected) in [(0, 1), (1, 1), (60_000, 1), (60_001, 2), (599_200, 10), (600_000, 10)] {
            assert_eq!(minutes(Duration::from_millis(millis)), expected, "{millis}");
        }
    }
}
