use std::time::Duration;

use async_trait::async_trait;
use doorward_kernel::{StoreError, Timestamp};

use crate::ThreatLevel;

/// The thresholds at which failures are so many, and so large a part, that somebody is trying many accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetectorPolicy {
    /// The time that is looked back over.
    pub window: Duration,
    /// The threat level is elevated above so many percent of failures …
    pub above_percent: u32,
    /// … if there are also more failures than that.
    pub above_failed: u64,
    /// The time that it stays so after that; without it the stricter limits would end it.
    pub hold: Duration,
}

/// The kind of secret that a check compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckKind {
    /// A one-time code.
    Code,
    /// A password.
    Password,
}

/// The checks of a kind in a tenth of its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckSlot {
    /// The kind of secret that was compared.
    pub kind: CheckKind,
    /// When it begins.
    pub starts_at: Timestamp,
    /// The failed checks.
    pub failed: u64,
    /// All checks.
    pub total: u64,
}

/// The checks of all nodes, added up by kind and [slot](CheckSlot).
#[async_trait]
pub trait CheckCounts: Send + Sync {
    /// Adds what a node has counted since it last did, and returns what all nodes have counted from `oldest` on.
    ///
    /// Each slot is added in one atomic step; they come back by kind, oldest first. What began before is deleted.
    async fn exchange(&self, counted: Vec<CheckSlot>, oldest: Timestamp) -> Result<Vec<CheckSlot>, StoreError>;
}

impl CheckKind {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Password => "password",
        }
    }

    /// Reads the stable name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Code, Self::Password].into_iter().find(|kind| kind.as_str() == text)
    }
}

impl DetectorPolicy {
    /// So many slots make a window; the oldest is dropped whole.
    const SLOTS: i64 = 10;

    /// For codes: above 60 % and 200 failures in five minutes.
    pub const OTP: Self =
        Self { window: Duration::from_mins(5), above_percent: 60, above_failed: 200, hold: Duration::from_mins(15) };

    /// For passwords: above 80 % and 500 failures in five minutes.
    pub const PASSWORD: Self = Self { above_percent: 80, above_failed: 500, ..Self::OTP };

    /// The threat level by what all nodes have counted of a kind since the [oldest slot](Self::oldest).
    ///
    /// It looks again at every slot of the past, so a node that has just started knows, as the
    /// others do, how long it stays elevated.
    pub fn threat_level(&self, counted: &[CheckSlot], now: Timestamp) -> ThreatLevel {
        // A node whose clock runs ahead by less than a slot is still heard.
        let mut slots = self.slot(now - self.hold - self.window)..=self.slot(now).saturating_add(1);
        let is_elevated = slots.any(|slot| {
            let at = self.start_of(slot).min(now);
            let window = self.slot(at).saturating_sub(Self::SLOTS - 1)..=slot;
            let counted = counted.iter().filter(|counted| window.contains(&self.slot(counted.starts_at)));
            at + self.hold > now && self.is_above(counted)
        });
        if is_elevated { ThreatLevel::Elevated } else { ThreatLevel::Normal }
    }

    /// Returns when the slot of that instant begins.
    pub fn starts_at(&self, now: Timestamp) -> Timestamp {
        self.start_of(self.slot(now))
    }

    /// Returns when the first slot begins whose count may still matter: a window before the longest hold.
    pub fn oldest(&self, now: Timestamp) -> Timestamp {
        self.starts_at(now - self.hold - self.window)
    }

    fn slot(&self, instant: Timestamp) -> i64 {
        instant.as_micros().div_euclid(self.slot_micros())
    }

    fn is_above<'a>(&self, counted: impl Iterator<Item = &'a CheckSlot>) -> bool {
        let (failed, total) = counted.fold((0_u64, 0_u64), |(failed, total), slot| {
            (failed.saturating_add(slot.failed), total.saturating_add(slot.total))
        });
        let is_large_part = u128::from(failed) * 100 > u128::from(total) * u128::from(self.above_percent);
        failed > self.above_failed && is_large_part
    }

    fn start_of(&self, slot: i64) -> Timestamp {
        Timestamp::from_micros(slot.saturating_mul(self.slot_micros()))
    }

    fn slot_micros(&self) -> i64 {
        let window = i64::try_from(self.window.as_micros()).unwrap_or(i64::MAX);
        (window / Self::SLOTS).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTP: DetectorPolicy = DetectorPolicy::OTP;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(0) + Duration::from_secs(seconds)
    }

    fn counted(failed: u64, passed: u64, at: Timestamp) -> CheckSlot {
        CheckSlot { kind: CheckKind::Code, starts_at: OTP.starts_at(at), failed, total: failed + passed }
    }

    #[test]
    fn it_is_elevated_above_both_bounds_only() {
        for (failed, passed, level) in [
            (200, 0, ThreatLevel::Normal),
            (201, 0, ThreatLevel::Elevated),
            (300, 200, ThreatLevel::Normal),
            (301, 200, ThreatLevel::Elevated),
            (1000, 1000, ThreatLevel::Normal),
        ] {
            assert_eq!(OTP.threat_level(&[counted(failed, passed, at(0))], at(0)), level, "{failed}/{passed}");
        }
    }

    #[test]
    fn failures_count_for_a_window_and_the_level_holds_after_it() {
        let spray = [counted(101, 0, at(0)), counted(100, 0, at(270))];
        let apart = [counted(101, 0, at(0)), counted(100, 0, at(300))];

        assert_eq!(OTP.threat_level(&spray, at(270)), ThreatLevel::Elevated);
        assert_eq!(OTP.threat_level(&apart, at(300)), ThreatLevel::Normal);
        // It was above until the first slot of its window ended, five minutes after it began.
        assert_eq!(OTP.threat_level(&spray, at(270 + 15 * 60 - 1)), ThreatLevel::Elevated);
        assert_eq!(OTP.threat_level(&spray, at(300 + 15 * 60)), ThreatLevel::Normal);
    }

    #[test]
    fn nodes_see_together_what_none_sees_alone() {
        let (one, other) = (counted(120, 0, at(1)), counted(120, 0, at(31)));

        assert_eq!(OTP.threat_level(&[one], at(32)), ThreatLevel::Normal);
        assert_eq!(OTP.threat_level(&[other], at(32)), ThreatLevel::Normal);
        assert_eq!(OTP.threat_level(&[one, other], at(32)), ThreatLevel::Elevated);
    }

    #[test]
    fn a_clock_that_steps_back_drops_what_lies_ahead() {
        assert_eq!(OTP.threat_level(&[counted(201, 0, at(10_000))], at(0)), ThreatLevel::Normal);
        assert_eq!(OTP.threat_level(&[counted(201, 0, at(10_000))], at(9_970)), ThreatLevel::Elevated);
    }
}
