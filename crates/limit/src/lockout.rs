use std::time::Duration;

use doorward_kernel::Timestamp;

/// The number of failures in a row that an authenticator bears, and the waits after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockoutPolicy {
    /// The failure in a row from which on tries wait; `None` never waits.
    pub backoff_after: Option<u32>,
    /// The waits from that failure on; the last one repeats.
    pub waits: Vec<Duration>,
    /// The failure in a row that locks it until it is bound anew.
    ///
    /// NIST SP 800-63B-4 (section 3.2.2) allows 100.
    pub disable_after: u32,
}

/// The failures in a row of one authenticator by one kind of caller.
///
/// Only a success by such a caller, or binding the authenticator anew, clears them; no resend, new
/// flow, other factor or restart does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lockout {
    /// Failures since the last success.
    pub consecutive: u32,
    /// Until when no try is compared.
    pub blocked_until: Option<Timestamp>,
    /// When it was locked.
    pub disabled_at: Option<Timestamp>,
}

/// Whether a try is compared; of several, the greatest counts.
///
/// Where it is not compared, right and wrong tries are refused alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockoutVerdict {
    /// It is.
    Open,
    /// Not yet.
    Waiting,
    /// Not until the authenticator is bound anew.
    Disabled,
}

impl Default for LockoutPolicy {
    /// Waits from the tenth, disabled at the thirtieth.
    fn default() -> Self {
        let minutes = [1, 2, 5, 15, 60].map(Duration::from_mins);
        Self {
            backoff_after: Some(10),
            waits: [Duration::from_secs(30)].into_iter().chain(minutes).collect(),
            disable_after: 30,
        }
    }
}

impl LockoutPolicy {
    /// The factor by which several callers of a kind may fail more together than each of them alone.
    pub const SHARE: u32 = 3;

    /// The policy of all sessions, or all known devices, of an account together.
    ///
    /// It never waits: whoever fails in one session would make the others wait.
    #[must_use]
    pub const fn of_all(&self) -> Self {
        Self { backoff_after: None, waits: Vec::new(), disable_after: self.disable_after.saturating_mul(Self::SHARE) }
    }

    /// The wait that so many failures in a row cost.
    fn wait(&self, consecutive: u32) -> Option<Duration> {
        let index = consecutive.checked_sub(self.backoff_after?)?;
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        self.waits.get(index).or(self.waits.last()).copied()
    }
}

impl Lockout {
    /// Whether a try is compared now.
    pub fn verdict(&self, now: Timestamp) -> LockoutVerdict {
        if self.disabled_at.is_some() {
            return LockoutVerdict::Disabled;
        }
        match self.blocked_until.filter(|until| *until > now) {
            Some(_) => LockoutVerdict::Waiting,
            None => LockoutVerdict::Open,
        }
    }

    /// The state after a wrong try; one that is not compared changes nothing.
    ///
    /// Store it before comparing, so that the try survives a crash; one that turns out right
    /// clears it.
    #[must_use]
    pub fn on_failure(&self, policy: &LockoutPolicy, now: Timestamp) -> Self {
        if self.verdict(now) != LockoutVerdict::Open {
            return *self;
        }
        let consecutive = self.consecutive.saturating_add(1);
        Self {
            consecutive,
            blocked_until: policy.wait(consecutive).map(|wait| now + wait),
            disabled_at: (consecutive >= policy.disable_after).then_some(now),
        }
    }

    /// The state before its last failure, whose wait was over by then.
    #[must_use]
    pub const fn without_last(&self) -> Self {
        Self { consecutive: self.consecutive.saturating_sub(1), blocked_until: None, disabled_at: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(0) + Duration::from_secs(seconds)
    }

    #[test]
    fn the_tenth_failure_waits_and_each_further_one_longer() {
        let policy = LockoutPolicy::default();
        let mut state = Lockout::default();
        let mut now = at(0);
        let mut waits = Vec::new();
        for _ in 0..17 {
            state = state.on_failure(&policy, now);
            let until = state.blocked_until.unwrap_or(now);
            waits.push(until.since(now).as_secs());
            now = until;
        }

        assert_eq!(waits, [0, 0, 0, 0, 0, 0, 0, 0, 0, 30, 60, 120, 300, 900, 3600, 3600, 3600]);
    }

    #[test]
    fn a_try_while_it_waits_is_not_counted() {
        let policy = LockoutPolicy::default();
        let state = Lockout { consecutive: 10, blocked_until: Some(at(30)), ..Lockout::default() };

        assert_eq!(state.verdict(at(29)), LockoutVerdict::Waiting);
        assert_eq!(state.on_failure(&policy, at(29)), state);
        assert_eq!(state.verdict(at(30)), LockoutVerdict::Open);
    }

    #[test]
    fn the_thirtieth_failure_in_a_row_disables_until_it_is_bound_anew() {
        let policy = LockoutPolicy::default();
        let state = Lockout { consecutive: 29, ..Lockout::default() }.on_failure(&policy, at(0));

        assert_eq!(state.verdict(at(1_000_000)), LockoutVerdict::Disabled);
        assert_eq!(state.on_failure(&policy, at(1_000_000)), state);
    }

    #[test]
    fn all_callers_of_a_kind_together_never_wait_and_are_locked_at_three_times_as_many() {
        let policy = LockoutPolicy::default().of_all();
        let state = Lockout { consecutive: 88, ..Lockout::default() }.on_failure(&policy, at(0));

        assert_eq!(state, Lockout { consecutive: 89, ..Lockout::default() });
        assert_eq!(state.on_failure(&policy, at(0)).verdict(at(0)), LockoutVerdict::Disabled);
    }

    #[test]
    fn of_several_verdicts_the_greatest_counts() {
        assert!(LockoutVerdict::Open < LockoutVerdict::Waiting);
        assert!(LockoutVerdict::Waiting < LockoutVerdict::Disabled);
    }
}
