use std::time::Duration;

use doorward_kernel::Timestamp;

/// How many failures an authenticator bears, and what they cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailurePolicy {
    /// The failure in a row from which on it waits; `None` never waits.
    pub backoff_after: Option<u32>,
    /// The waits from that failure on; the last one repeats.
    pub waits: Vec<Duration>,
    /// The failure in a row that disables it, at most 100 (NIST SP 800-63B-4, section 3.2.2).
    pub disable_after: u32,
}

/// The failures of one authenticator of one account.
///
/// Only a success with this authenticator, or binding it anew, clears it; no resend, new flow,
/// other factor or restart does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailureState {
    /// Failures since the last success.
    pub consecutive: u32,
    /// Until when no try is looked at.
    pub blocked_until: Option<Timestamp>,
    /// When it was disabled.
    pub disabled_at: Option<Timestamp>,
}

/// Whether a try is looked at. Right and wrong tries are refused alike, and not told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureVerdict {
    /// It is.
    Open,
    /// Not before that instant.
    Waiting {
        /// The first instant at which a try is looked at again.
        until: Timestamp,
    },
    /// Not until it is bound anew.
    Disabled,
}

impl Default for FailurePolicy {
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

impl FailurePolicy {
    /// The wait that so many failures in a row cost.
    fn wait(&self, consecutive: u32) -> Option<Duration> {
        let index = consecutive.checked_sub(self.backoff_after?)?;
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        self.waits.get(index).or(self.waits.last()).copied()
    }
}

impl FailureState {
    /// Whether a try is looked at now.
    pub fn verdict(&self, now: Timestamp) -> FailureVerdict {
        if self.disabled_at.is_some() {
            return FailureVerdict::Disabled;
        }
        match self.blocked_until.filter(|until| *until > now) {
            Some(until) => FailureVerdict::Waiting { until },
            None => FailureVerdict::Open,
        }
    }

    /// The state after a wrong try; one that was not looked at changes nothing.
    ///
    /// Store it before comparing, so that the try survives a crash; one that turns out right
    /// ends the row.
    #[must_use]
    pub fn on_failure(&self, policy: &FailurePolicy, now: Timestamp) -> Self {
        if self.verdict(now) != FailureVerdict::Open {
            return *self;
        }
        let consecutive = self.consecutive.saturating_add(1);
        Self {
            consecutive,
            blocked_until: policy.wait(consecutive).map(|wait| now + wait),
            disabled_at: (consecutive >= policy.disable_after).then_some(now),
        }
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
        let policy = FailurePolicy::default();
        let mut state = FailureState::default();
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
        let policy = FailurePolicy::default();
        let state = FailureState { consecutive: 10, blocked_until: Some(at(30)), ..FailureState::default() };

        assert_eq!(state.verdict(at(29)), FailureVerdict::Waiting { until: at(30) });
        assert_eq!(state.on_failure(&policy, at(29)), state);
        assert_eq!(state.verdict(at(30)), FailureVerdict::Open);
    }

    #[test]
    fn the_thirtieth_failure_in_a_row_disables_until_it_is_bound_anew() {
        let policy = FailurePolicy::default();
        let state = FailureState { consecutive: 29, ..FailureState::default() }.on_failure(&policy, at(0));

        assert_eq!(state.verdict(at(1_000_000)), FailureVerdict::Disabled);
        assert_eq!(state.on_failure(&policy, at(1_000_000)), state);
    }
}
