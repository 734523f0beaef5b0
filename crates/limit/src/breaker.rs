use std::time::Duration;

use doorward_kernel::Timestamp;

use crate::Mode;

/// When failures are so many, and so large a part, that somebody is trying many accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// The time that is looked back over.
    pub window: Duration,
    /// It opens above so many percent of failures …
    pub above_percent: u32,
    /// … if there are also more failures than that.
    pub above_failed: u64,
    /// How long it stays open after it was last above; without it tight limits would close it.
    pub hold: Duration,
}

impl BreakerPolicy {
    /// For codes: above 60 % and 200 failures in five minutes.
    pub const OTP: Self =
        Self { window: Duration::from_mins(5), above_percent: 60, above_failed: 200, hold: Duration::from_mins(15) };

    /// For passwords: above 80 % and 500 failures in five minutes.
    pub const PASSWORD: Self = Self { above_percent: 80, above_failed: 500, ..Self::OTP };
}

/// So many buckets make a window; the oldest is dropped whole.
const BUCKETS: u64 = 10;

/// The checks of a tenth of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BreakerBucket {
    /// Which tenth, counted since 1970.
    pub slot: i64,
    /// The failed checks.
    pub failed: u64,
    /// All checks.
    pub total: u64,
}

/// The failures and successes of the last window on one node, in ten buckets.
///
/// Nodes exchange theirs: each [merges](Self::merge) the others' latest into a copy of its own
/// and asks the copy. Merging adds, so a copy takes each node once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    /// The buckets, each slot once, in no order.
    pub buckets: Vec<BreakerBucket>,
    /// Until when it is open.
    pub open_until: Option<Timestamp>,
}

impl Breaker {
    /// Counts a check.
    pub fn on_check(&mut self, policy: &BreakerPolicy, now: Timestamp, check: Check) {
        let slot = slot(policy, now);
        let failed = u64::from(check == Check::Failed);
        self.add(BreakerBucket { slot, failed, total: 1 });
        self.forget(policy, now);
    }

    /// Adds what another node counted.
    pub fn merge(&mut self, policy: &BreakerPolicy, now: Timestamp, other: &Self) {
        for bucket in &other.buckets {
            self.add(*bucket);
        }
        self.open_until = self.open_until.max(other.open_until);
        self.forget(policy, now);
    }

    /// Whether limits are tight now; remembers when it opened.
    pub fn mode(&mut self, policy: &BreakerPolicy, now: Timestamp) -> Mode {
        self.forget(policy, now);
        let failed = self.buckets.iter().fold(0_u64, |sum, bucket| sum.saturating_add(bucket.failed));
        let total = self.buckets.iter().fold(0_u64, |sum, bucket| sum.saturating_add(bucket.total));
        let is_large_part = u128::from(failed) * 100 > u128::from(total) * u128::from(policy.above_percent);
        if failed > policy.above_failed && is_large_part {
            self.open_until = Some(now + policy.hold);
        }
        // After the clock stepped back, it is open no longer than if it opened now.
        self.open_until = self.open_until.map(|until| until.min(now + policy.hold));
        if self.open_until.is_some_and(|until| until > now) { Mode::Tight } else { Mode::Normal }
    }

    fn add(&mut self, bucket: BreakerBucket) {
        match self.buckets.iter_mut().find(|own| own.slot == bucket.slot) {
            Some(own) => {
                own.failed = own.failed.saturating_add(bucket.failed);
                own.total = own.total.saturating_add(bucket.total);
            }
            None => self.buckets.push(bucket),
        }
    }

    /// Drops what is older than the window, and what a clock that stepped back left ahead.
    fn forget(&mut self, policy: &BreakerPolicy, now: Timestamp) {
        let newest = slot(policy, now);
        let oldest = newest.saturating_sub(BUCKETS.cast_signed() - 1);
        // A node whose clock runs ahead by less than a bucket is still heard.
        self.buckets.retain(|bucket| (oldest..=newest.saturating_add(1)).contains(&bucket.slot));
    }
}

/// How a check of a code or password ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// It was right.
    Passed,
    /// It was wrong.
    Failed,
}

fn slot(policy: &BreakerPolicy, now: Timestamp) -> i64 {
    let width = u64::try_from(policy.window.as_micros()).unwrap_or(u64::MAX) / BUCKETS;
    now.as_micros().div_euclid(i64::try_from(width).unwrap_or(i64::MAX).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(0) + Duration::from_secs(seconds)
    }

    fn counted(failed: u32, passed: u32, now: Timestamp) -> Breaker {
        let mut breaker = Breaker::default();
        let checks = (0..failed).map(|_| Check::Failed).chain((0..passed).map(|_| Check::Passed));
        for check in checks {
            breaker.on_check(&BreakerPolicy::OTP, now, check);
        }
        breaker
    }

    #[test]
    fn it_opens_above_both_bounds_only() {
        for (failed, passed, mode) in [
            (200, 0, Mode::Normal),
            (201, 0, Mode::Tight),
            (300, 200, Mode::Normal),
            (301, 200, Mode::Tight),
            (1000, 1000, Mode::Normal),
        ] {
            assert_eq!(counted(failed, passed, at(0)).mode(&BreakerPolicy::OTP, at(0)), mode, "{failed}/{passed}");
        }
    }

    #[test]
    fn failures_count_for_five_minutes_in_buckets() {
        assert_eq!(counted(201, 0, at(0)).mode(&BreakerPolicy::OTP, at(299)), Mode::Tight);
        assert_eq!(counted(201, 0, at(0)).mode(&BreakerPolicy::OTP, at(300)), Mode::Normal);
    }

    #[test]
    fn once_open_it_holds() {
        let mut breaker = counted(201, 0, at(0));
        assert_eq!(breaker.mode(&BreakerPolicy::OTP, at(0)), Mode::Tight);

        assert_eq!(breaker.mode(&BreakerPolicy::OTP, at(15 * 60 - 1)), Mode::Tight);
        assert_eq!(breaker.mode(&BreakerPolicy::OTP, at(15 * 60)), Mode::Normal);
    }

    #[test]
    fn nodes_see_together_what_none_sees_alone() {
        let policy = BreakerPolicy::OTP;
        let (mut one, mut other) = (counted(120, 0, at(1)), counted(120, 0, at(31)));
        assert_eq!((one.mode(&policy, at(32)), other.mode(&policy, at(32))), (Mode::Normal, Mode::Normal));

        let mut both = one.clone();
        both.merge(&policy, at(32), &other);
        other.merge(&policy, at(32), &one);

        assert_eq!((both.mode(&policy, at(32)), other.mode(&policy, at(32))), (Mode::Tight, Mode::Tight));
    }

    #[test]
    fn a_clock_that_steps_back_drops_what_lies_ahead() {
        assert_eq!(counted(201, 0, at(10_000)).mode(&BreakerPolicy::OTP, at(0)), Mode::Normal);
    }
}
