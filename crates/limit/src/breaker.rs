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

/// The failures and successes of the last window, in ten buckets.
///
/// A node counts its own in one, and asks another: the [replay](Self::replay) of what
/// [all of them](crate::CheckCounts) have counted.
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

    /// The breaker of all nodes, from their buckets since the [oldest slot](Self::oldest_slot).
    ///
    /// It looks again at every slot of the past, so a node that has just started knows, as the
    /// others do, how long it stays open.
    pub fn replay(policy: &BreakerPolicy, buckets: &[BreakerBucket], now: Timestamp) -> Self {
        let mut breaker = Self::default();
        for slot in Self::oldest_slot(policy, now)..=slot(policy, now).saturating_add(1) {
            buckets.iter().filter(|bucket| bucket.slot == slot).for_each(|bucket| breaker.add(*bucket));
            breaker.mode(policy, start_of(policy, slot).min(now));
        }
        breaker
    }

    /// The slot from which on a bucket may still matter: a window before the longest hold.
    pub fn oldest_slot(policy: &BreakerPolicy, now: Timestamp) -> i64 {
        slot(policy, now - policy.hold - policy.window)
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
    now.as_micros().div_euclid(width(policy))
}

fn start_of(policy: &BreakerPolicy, slot: i64) -> Timestamp {
    Timestamp::from_micros(slot.saturating_mul(width(policy)))
}

/// The microseconds of a slot.
fn width(policy: &BreakerPolicy) -> i64 {
    let window = i64::try_from(policy.window.as_micros()).unwrap_or(i64::MAX);
    (window / BUCKETS.cast_signed()).max(1)
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

        let buckets = [one.buckets, other.buckets].concat();

        assert_eq!(Breaker::replay(&policy, &buckets, at(32)).mode(&policy, at(32)), Mode::Tight);
    }

    #[test]
    fn a_replay_stays_open_as_long_as_who_saw_it_all() {
        let policy = BreakerPolicy::OTP;
        let mut witness = Breaker::default();
        for second in 0..40 {
            for _ in 0..10 {
                witness.on_check(&policy, at(1000 + second), Check::Failed);
            }
            witness.mode(&policy, at(1000 + second));
        }
        let all = witness.buckets.clone();

        for second in (1040..3000).step_by(30) {
            let (now, mut replay) = (at(second), Breaker::replay(&policy, &all, at(second)));
            assert_eq!(replay.mode(&policy, now), witness.mode(&policy, now), "{second}");
        }
        assert_eq!(Breaker::replay(&policy, &all, at(3000)).mode(&policy, at(3000)), Mode::Normal);
    }

    #[test]
    fn a_clock_that_steps_back_drops_what_lies_ahead() {
        assert_eq!(counted(201, 0, at(10_000)).mode(&BreakerPolicy::OTP, at(0)), Mode::Normal);
    }
}
