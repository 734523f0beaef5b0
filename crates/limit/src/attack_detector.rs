use std::time::Duration;

use doorward_kernel::Timestamp;

use crate::ThreatLevel;

/// When failures are so many, and so large a part, that somebody is trying many accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetectorPolicy {
    /// The time that is looked back over.
    pub window: Duration,
    /// It opens above so many percent of failures …
    pub above_percent: u32,
    /// … if there are also more failures than that.
    pub above_failed: u64,
    /// How long it stays open after it was last above; without it the stricter limits would close it.
    pub hold: Duration,
}

impl DetectorPolicy {
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
pub struct CheckSlot {
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
pub struct AttackDetector {
    /// The buckets, each slot once, in no order.
    pub buckets: Vec<CheckSlot>,
    /// Until when it is open.
    pub open_until: Option<Timestamp>,
}

impl AttackDetector {
    /// Counts a check.
    pub fn on_check(&mut self, policy: &DetectorPolicy, now: Timestamp, check: Check) {
        let slot = slot(policy, now);
        let failed = u64::from(check == Check::Failed);
        self.add(CheckSlot { slot, failed, total: 1 });
        self.forget(policy, now);
    }

    /// The breaker of all nodes, from their buckets since the [oldest slot](Self::oldest_slot).
    ///
    /// It looks again at every slot of the past, so a node that has just started knows, as the
    /// others do, how long it stays open.
    pub fn replay(policy: &DetectorPolicy, buckets: &[CheckSlot], now: Timestamp) -> Self {
        let mut breaker = Self::default();
        for slot in Self::oldest_slot(policy, now)..=slot(policy, now).saturating_add(1) {
            buckets.iter().filter(|bucket| bucket.slot == slot).for_each(|bucket| breaker.add(*bucket));
            breaker.threat_level(policy, start_of(policy, slot).min(now));
        }
        breaker
    }

    /// The slot from which on a bucket may still matter: a window before the longest hold.
    pub fn oldest_slot(policy: &DetectorPolicy, now: Timestamp) -> i64 {
        slot(policy, now - policy.hold - policy.window)
    }

    /// Whether the threat level is elevated now; remembers when it opened.
    pub fn threat_level(&mut self, policy: &DetectorPolicy, now: Timestamp) -> ThreatLevel {
        self.forget(policy, now);
        let failed = self.buckets.iter().fold(0_u64, |sum, bucket| sum.saturating_add(bucket.failed));
        let total = self.buckets.iter().fold(0_u64, |sum, bucket| sum.saturating_add(bucket.total));
        let is_large_part = u128::from(failed) * 100 > u128::from(total) * u128::from(policy.above_percent);
        if failed > policy.above_failed && is_large_part {
            self.open_until = Some(now + policy.hold);
        }
        // After the clock stepped back, it is open no longer than if it opened now.
        self.open_until = self.open_until.map(|until| until.min(now + policy.hold));
        if self.open_until.is_some_and(|until| until > now) { ThreatLevel::Elevated } else { ThreatLevel::Normal }
    }

    fn add(&mut self, bucket: CheckSlot) {
        match self.buckets.iter_mut().find(|own| own.slot == bucket.slot) {
            Some(own) => {
                own.failed = own.failed.saturating_add(bucket.failed);
                own.total = own.total.saturating_add(bucket.total);
            }
            None => self.buckets.push(bucket),
        }
    }

    /// Drops what is older than the window, and what a clock that stepped back left ahead.
    fn forget(&mut self, policy: &DetectorPolicy, now: Timestamp) {
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

fn slot(policy: &DetectorPolicy, now: Timestamp) -> i64 {
    now.as_micros().div_euclid(width(policy))
}

fn start_of(policy: &DetectorPolicy, slot: i64) -> Timestamp {
    Timestamp::from_micros(slot.saturating_mul(width(policy)))
}

/// The microseconds of a slot.
fn width(policy: &DetectorPolicy) -> i64 {
    let window = i64::try_from(policy.window.as_micros()).unwrap_or(i64::MAX);
    (window / BUCKETS.cast_signed()).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(0) + Duration::from_secs(seconds)
    }

    fn counted(failed: u32, passed: u32, now: Timestamp) -> AttackDetector {
        let mut breaker = AttackDetector::default();
        let checks = (0..failed).map(|_| Check::Failed).chain((0..passed).map(|_| Check::Passed));
        for check in checks {
            breaker.on_check(&DetectorPolicy::OTP, now, check);
        }
        breaker
    }

    #[test]
    fn it_opens_above_both_bounds_only() {
        for (failed, passed, mode) in [
            (200, 0, ThreatLevel::Normal),
            (201, 0, ThreatLevel::Elevated),
            (300, 200, ThreatLevel::Normal),
            (301, 200, ThreatLevel::Elevated),
            (1000, 1000, ThreatLevel::Normal),
        ] {
            assert_eq!(
                counted(failed, passed, at(0)).threat_level(&DetectorPolicy::OTP, at(0)),
                mode,
                "{failed}/{passed}"
            );
        }
    }

    #[test]
    fn failures_count_for_five_minutes_in_buckets() {
        assert_eq!(counted(201, 0, at(0)).threat_level(&DetectorPolicy::OTP, at(299)), ThreatLevel::Elevated);
        assert_eq!(counted(201, 0, at(0)).threat_level(&DetectorPolicy::OTP, at(300)), ThreatLevel::Normal);
    }

    #[test]
    fn once_open_it_holds() {
        let mut breaker = counted(201, 0, at(0));
        assert_eq!(breaker.threat_level(&DetectorPolicy::OTP, at(0)), ThreatLevel::Elevated);

        assert_eq!(breaker.threat_level(&DetectorPolicy::OTP, at(15 * 60 - 1)), ThreatLevel::Elevated);
        assert_eq!(breaker.threat_level(&DetectorPolicy::OTP, at(15 * 60)), ThreatLevel::Normal);
    }

    #[test]
    fn nodes_see_together_what_none_sees_alone() {
        let policy = DetectorPolicy::OTP;
        let (mut one, mut other) = (counted(120, 0, at(1)), counted(120, 0, at(31)));
        assert_eq!(
            (one.threat_level(&policy, at(32)), other.threat_level(&policy, at(32))),
            (ThreatLevel::Normal, ThreatLevel::Normal)
        );

        let buckets = [one.buckets, other.buckets].concat();

        assert_eq!(
            AttackDetector::replay(&policy, &buckets, at(32)).threat_level(&policy, at(32)),
            ThreatLevel::Elevated
        );
    }

    #[test]
    fn a_replay_stays_open_as_long_as_who_saw_it_all() {
        let policy = DetectorPolicy::OTP;
        let mut witness = AttackDetector::default();
        for second in 0..40 {
            for _ in 0..10 {
                witness.on_check(&policy, at(1000 + second), Check::Failed);
            }
            witness.threat_level(&policy, at(1000 + second));
        }
        let all = witness.buckets.clone();

        for second in (1040..3000).step_by(30) {
            let (now, mut replay) = (at(second), AttackDetector::replay(&policy, &all, at(second)));
            assert_eq!(replay.threat_level(&policy, now), witness.threat_level(&policy, now), "{second}");
        }
        assert_eq!(
            AttackDetector::replay(&policy, &all, at(3000)).threat_level(&policy, at(3000)),
            ThreatLevel::Normal
        );
    }

    #[test]
    fn a_clock_that_steps_back_drops_what_lies_ahead() {
        assert_eq!(counted(201, 0, at(10_000)).threat_level(&DetectorPolicy::OTP, at(0)), ThreatLevel::Normal);
    }
}
