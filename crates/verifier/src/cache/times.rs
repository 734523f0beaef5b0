use std::time::Duration;

/// The times for which keys are kept, and how often they are fetched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CacheTimes {
    /// The least time between two fetches that nobody planned: for an unknown key, or after failures.
    pub(crate) refresh_interval: Duration,
    /// The time that keys serve when no newer ones can be fetched.
    pub(crate) keep_through_outage: Duration,
}

impl Default for CacheTimes {
    fn default() -> Self {
        Self { refresh_interval: Duration::from_secs(10), keep_through_outage: Duration::from_hours(24) }
    }
}

impl CacheTimes {
    const LEAST_AGE: Duration = Duration::from_mins(1);
    const USUAL_AGE: Duration = Duration::from_mins(5);
    const GREATEST_AGE: Duration = Duration::from_hours(1);

    /// For how long a key set is fresh, whatever its source says.
    pub(crate) fn max_age(said: Option<Duration>) -> Duration {
        said.unwrap_or(Self::USUAL_AGE).clamp(Self::LEAST_AGE, Self::GREATEST_AGE)
    }

    /// The pause after that many failures in a row: from a second, doubling, to the interval.
    pub(crate) fn pause(&self, failures: u32) -> Duration {
        match failures.checked_sub(1) {
            None => self.refresh_interval,
            Some(more) => Duration::from_secs(1 << more.min(16)).min(self.refresh_interval),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_may_say_for_how_long_within_bounds() {
        assert_eq!(CacheTimes::max_age(None), Duration::from_mins(5));
        assert_eq!(CacheTimes::max_age(Some(Duration::ZERO)), Duration::from_mins(1));
        assert_eq!(CacheTimes::max_age(Some(Duration::from_mins(10))), Duration::from_mins(10));
        assert_eq!(CacheTimes::max_age(Some(Duration::MAX)), Duration::from_hours(1));
    }

    #[test]
    fn failures_lengthen_the_pause_up_to_the_interval() {
        let times = CacheTimes::default();

        let pauses: Vec<_> = [0, 1, 2, 4, 5, 99].map(|failures| times.pause(failures).as_secs()).into();

        assert_eq!(pauses, [10, 1, 2, 8, 10, 10]);
    }
}
