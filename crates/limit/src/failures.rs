use std::time::Duration;

use doorward_kernel::Timestamp;

use crate::{Decision, Rate};

/// How many failures an authenticator bears, and what they cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailurePolicy {
    /// The failure in a row from which on it waits; `None` never waits.
    pub backoff_after: Option<u32>,
    /// The waits from that failure on; the last one repeats.
    pub waits: Vec<Duration>,
    /// The failure in a row that disables it, at most 100 (NIST SP 800-63B-4, section 3.2.2).
    pub disable_after: u32,
    /// Failures a day, whatever successes lie between; `None` counts none.
    pub daily: Option<Rate>,
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
    /// The state of the daily rate; `None` is a full budget.
    pub daily: Option<Timestamp>,
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
    /// For passwords and TOTP: waits from the tenth, 20 a day, disabled at the thirtieth.
    fn default() -> Self {
        let minutes = [1, 2, 5, 15, 60].map(Duration::from_mins);
        Self {
            backoff_after: Some(10),
            waits: [Duration::from_secs(30)].into_iter().chain(minutes).collect(),
            disable_after: 30,
            daily: Some(Rate::fixed(20, 86_400, 20)),
        }
    }
}

impl FailurePolicy {
    /// For codes that are sent: no waits, each try costs a send or a fifth of one.
    pub fn for_sent_codes() -> Self {
        Self { backoff_after: None, ..Self::default() }
    }

    /// The wait that so many failures in a row cost.
    fn wait(&self, consecutive: u32) -> Option<Duration> {
        let index = consecutive.checked_sub(self.backoff_after?)?;
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        self.waits.get(index).or(self.waits.last()).copied()
    }
}

impl FailureState {
    /// Whether a try is looked at now.
    pub fn verdict(&self, policy: &FailurePolicy, now: Timestamp) -> FailureVerdict {
        if self.disabled_at.is_some() {
            return FailureVerdict::Disabled;
        }
        let daily = policy.daily.and_then(|rate| match rate.admit(self.daily, now, 1) {
            Decision::Refused { retry_at } => Some(retry_at),
            Decision::Admitted { .. } | Decision::Never => None,
        });
        match daily.into_iter().chain(self.blocked_until).filter(|until| *until > now).max() {
            Some(until) => FailureVerdict::Waiting { until },
            None => FailureVerdict::Open,
        }
    }

    /// The state after a wrong try; one that was not looked at changes nothing.
    ///
    /// Store it before comparing, so that the try survives a crash; if the try turns out
    /// right, store what [`on_success`](Self::on_success) makes of the state before it.
    #[must_use]
    pub fn on_failure(&self, policy: &FailurePolicy, now: Timestamp) -> Self {
        if self.verdict(policy, now) != FailureVerdict::Open {
            return *self;
        }
        let consecutive = self.consecutive.saturating_add(1);
        let daily = match policy.daily.map(|rate| rate.admit(self.daily, now, 1)) {
            Some(Decision::Admitted { state }) => Some(state),
            Some(Decision::Refused { .. } | Decision::Never) | None => self.daily,
        };
        Self {
            consecutive,
            blocked_until: policy.wait(consecutive).map(|wait| now + wait),
            disabled_at: (consecutive >= policy.disable_after).then_some(now),
            daily,
        }
    }

    /// The state after a right try; one that was not looked at changes nothing.
    ///
    /// The failures of the day stay: the owner's logins give no stranger new tries.
    #[must_use]
    pub fn on_success(&self, policy: &FailurePolicy, now: Timestamp) -> Self {
        if self.verdict(policy, now) != FailureVerdict::Open {
            return *self;
        }
        Self { daily: self.daily, ..Self::default() }
    }

    /// The state of an authenticator that was bound anew.
    pub fn rebound() -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(0) + Duration::from_secs(seconds)
    }

    fn without_daily() -> FailurePolicy {
        FailurePolicy { daily: None, ..FailurePolicy::default() }
    }

    #[test]
    fn the_tenth_failure_waits_and_each_further_one_longer() {
        let policy = without_daily();
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
    fn a_try_while_it_waits_counts_neither_way() {
        let policy = without_daily();
        let state = FailureState { consecutive: 10, blocked_until: Some(at(30)), ..FailureState::default() };

        assert_eq!(state.verdict(&policy, at(29)), FailureVerdict::Waiting { until: at(30) });
        assert_eq!(state.on_failure(&policy, at(29)), state);
        assert_eq!(state.on_success(&policy, at(29)), state);
        assert_eq!(state.verdict(&policy, at(30)), FailureVerdict::Open);
    }

    #[test]
    fn the_thirtieth_failure_in_a_row_disables_until_it_is_bound_anew() {
        let policy = without_daily();
        let state = FailureState { consecutive: 29, ..FailureState::default() }.on_failure(&policy, at(0));

        assert_eq!(state.verdict(&policy, at(1_000_000)), FailureVerdict::Disabled);
        assert_eq!(state.on_success(&policy, at(1_000_000)), state);
        assert_eq!(FailureState::rebound().verdict(&policy, at(0)), FailureVerdict::Open);
    }

    #[test]
    fn a_success_clears_the_row_but_not_the_day() {
        let policy = FailurePolicy::for_sent_codes();
        let mut state = FailureState::default();
        for _ in 0..19 {
            state = state.on_failure(&policy, at(0)).on_success(&policy, at(0));
        }
        assert_eq!(state.verdict(&policy, at(0)), FailureVerdict::Open);

        let state = state.on_failure(&policy, at(0));

        assert_eq!(state.consecutive, 1);
        assert_eq!(state.verdict(&policy, at(0)), FailureVerdict::Waiting { until: at(86_400 / 20) });
    }

    #[test]
    fn sent_codes_never_wait_before_the_day_is_used_up() {
        let policy = FailurePolicy::for_sent_codes();
        let mut state = FailureState::default();
        for _ in 0..19 {
            state = state.on_failure(&policy, at(0));
        }

        assert_eq!(state.verdict(&policy, at(0)), FailureVerdict::Open);
        assert_ne!(state.on_failure(&policy, at(0)).verdict(&policy, at(0)), FailureVerdict::Open);
    }
}
