use std::time::Duration;

use doorward_kernel::Timestamp;

/// The number of failures in a row that an authenticator bears, and the waits after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LockoutPolicy {
    /// The failure in a row from which on tries wait; `None` never waits.
    pub backoff_after: Option<u32>,
    /// The waits from that failure on; the last one repeats.
    pub waits: &'static [Duration],
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
    /// Until when no try is compared; [`FOREVER`](Self::FOREVER) once it is disabled.
    ///
    /// Where none is compared, right and wrong tries are refused alike.
    pub blocked_until: Option<Timestamp>,
}

impl Default for LockoutPolicy {
    /// Waits from the tenth, disabled at the thirtieth.
    fn default() -> Self {
        const WAITS: [Duration; 6] = [
            Duration::from_secs(30),
            Duration::from_mins(1),
            Duration::from_mins(2),
            Duration::from_mins(5),
            Duration::from_mins(15),
            Duration::from_hours(1),
        ];
        Self { backoff_after: Some(10), waits: &WAITS, disable_after: 30 }
    }
}

impl LockoutPolicy {
    /// The factor by which several callers of a kind may fail more together than each of them alone.
    pub const SHARE: u32 = 3;

    /// The seconds for which failures count that nobody adds to, also where they disabled: thirty guesses a year are few.
    pub const KEPT_SECONDS: u32 = 366 * 86_400;

    /// The policy of all sessions, or all known devices, of an account together.
    ///
    /// It never waits: whoever fails in one session would make the others wait.
    #[must_use]
    pub const fn of_all(&self) -> Self {
        Self { backoff_after: None, waits: &[], disable_after: self.disable_after.saturating_mul(Self::SHARE) }
    }

    /// The wait that so many failures in a row cost.
    fn wait(&self, consecutive: u32) -> Option<Duration> {
        let index = consecutive.checked_sub(self.backoff_after?)?;
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        self.waits.get(index).or(self.waits.last()).copied()
    }
}

impl Lockout {
    /// Until when an authenticator is blocked that is disabled until it is bound anew.
    pub const FOREVER: Timestamp = Timestamp::from_micros(i64::MAX);

    /// Whether a try is compared now.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.blocked_until.is_none_or(|until| until <= now)
    }

    /// Whether no try is compared until the authenticator is bound anew.
    pub fn is_disabled(&self) -> bool {
        self.blocked_until == Some(Self::FOREVER)
    }

    /// The state after a wrong try; one that is not compared changes nothing.
    ///
    /// Store it before comparing, so that the try survives a crash; one that turns out right
    /// clears it.
    #[must_use]
    pub fn on_failure(&self, policy: &LockoutPolicy, now: Timestamp) -> Self {
        if !self.is_open(now) {
            return *self;
        }
        let consecutive = self.consecutive.saturating_add(1);
        let blocked_until = if consecutive >= policy.disable_after {
            Some(Self::FOREVER)
        } else {
            policy.wait(consecutive).map(|wait| now + wait)
        };
        Self { consecutive, blocked_until }
    }

    /// The state without so many failures that were counted a moment ago and never compared.
    ///
    /// It is open again: nothing is counted while it is blocked, so the failure that blocked it is the last one.
    #[must_use]
    pub const fn without(&self, failures: u32) -> Self {
        Self { consecutive: self.consecutive.saturating_sub(failures), blocked_until: None }
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
        let state = Lockout { consecutive: 10, blocked_until: Some(at(30)) };

        assert!(!state.is_open(at(29)) && !state.is_disabled());
        assert_eq!(state.on_failure(&policy, at(29)), state);
        assert!(state.is_open(at(30)));
    }

    #[test]
    fn the_thirtieth_failure_in_a_row_disables_until_it_is_bound_anew() {
        let policy = LockoutPolicy::default();
        let state = Lockout { consecutive: 29, blocked_until: None }.on_failure(&policy, at(0));

        assert!(state.is_disabled() && !state.is_open(at(1_000_000)));
        assert_eq!(state.on_failure(&policy, at(1_000_000)), state);
    }

    #[test]
    fn all_callers_of_a_kind_together_never_wait_and_are_locked_at_three_times_as_many() {
        let policy = LockoutPolicy::default().of_all();
        let state = Lockout { consecutive: 88, blocked_until: None }.on_failure(&policy, at(0));

        assert_eq!(state, Lockout { consecutive: 89, blocked_until: None });
        assert!(state.on_failure(&policy, at(0)).is_disabled());
    }
}
