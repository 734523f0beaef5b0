use std::time::Duration;

use doorward_kernel::{Timestamp, UserId};
use doorward_otp::{SealedSeed, TimeStep};

use super::WrongLimit;

/// An authenticator app of an account, as stores keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticator {
    /// Whose it is; an account has one at most.
    pub user: UserId,
    /// What it and we share; it also names the setup, as no two sealings are alike.
    pub seed: SealedSeed,
    /// When its setup was begun.
    pub created_at: Timestamp,
    /// When a code of it was first right; while `None` it is inert.
    pub confirmed_at: Option<Timestamp>,
    /// The step of the last code accepted: only later ones are.
    pub last_step: Option<TimeStep>,
    /// The wrong codes counted lately.
    pub wrong: WrongCodes,
}

/// Wrong codes of one window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WrongCodes {
    /// How many.
    pub count: u8,
    /// When the first of them was counted; `None` before any was.
    pub since: Option<Timestamp>,
}

/// What rules authenticator apps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TotpPolicy {
    /// Who the codes are for, as apps show it.
    pub issuer: String,
    /// How long a setup that was begun may be confirmed.
    pub setup_ttl: Duration,
    /// The wrong codes a user may give in a window, over all flows and sessions.
    pub max_wrong: u8,
    /// How long the window of wrong codes is.
    pub window: Duration,
}

impl Authenticator {
    /// Whether logins need its codes.
    pub const fn is_active(&self) -> bool {
        self.confirmed_at.is_some()
    }

    /// Whether it waits to be confirmed: `created_at + setup_ttl <= now` waits no more.
    pub fn is_pending(&self, policy: &TotpPolicy, now: Timestamp) -> bool {
        self.confirmed_at.is_none() && now < self.created_at + policy.setup_ttl
    }

    /// Until when no code counts, as too many were wrong.
    pub fn blocked_until(&self, policy: &TotpPolicy, now: Timestamp) -> Option<Timestamp> {
        let until = self.wrong.since? + policy.window;
        (self.wrong.count >= policy.max_wrong && now < until).then_some(until)
    }
}

impl WrongCodes {
    /// Whether codes count: fewer than the most were wrong, or their window is over.
    pub fn has_tries(self, limit: WrongLimit) -> bool {
        self.count < limit.max || self.is_over(limit)
    }

    /// The same and one more, which begins a window when the last one is over.
    #[must_use]
    pub fn and_one(self, limit: WrongLimit, now: Timestamp) -> Self {
        let before = if self.is_over(limit) { Self { count: 0, since: Some(now) } } else { self };
        Self { count: before.count.saturating_add(1), ..before }
    }

    fn is_over(self, limit: WrongLimit) -> bool {
        self.since.is_none_or(|since| since <= limit.after)
    }
}

impl TotpPolicy {
    /// What stores guard the count of wrong codes by.
    pub fn limit(&self, now: Timestamp) -> WrongLimit {
        WrongLimit { max: self.max_wrong, after: now - self.window }
    }
}

impl Default for TotpPolicy {
    fn default() -> Self {
        Self {
            issuer: "Doorward".to_owned(),
            setup_ttl: Duration::from_mins(15),
            max_wrong: 5,
            window: Duration::from_mins(10),
        }
    }
}

#[cfg(test)]
mod tests {
    use doorward_kernel::EpochId;

    use super::*;

    fn at(minutes: u64) -> Timestamp {
        Timestamp::from_micros(0) + Duration::from_mins(minutes)
    }

    fn authenticator(count: u8, since: Option<Timestamp>) -> Authenticator {
        Authenticator {
            user: UserId::from_bytes([1; 16]),
            seed: SealedSeed { epoch: EpochId(1), bytes: vec![1] },
            created_at: at(0),
            confirmed_at: None,
            last_step: None,
            wrong: WrongCodes { count, since },
        }
    }

    #[test]
    fn the_fifth_wrong_code_blocks_until_its_window_ends() {
        let policy = TotpPolicy::default();
        let blocked_until = |count, now| authenticator(count, Some(at(3))).blocked_until(&policy, now);

        assert_eq!(authenticator(0, None).blocked_until(&policy, at(3)), None);
        assert_eq!(blocked_until(4, at(4)), None);
        assert_eq!(blocked_until(5, at(4)), Some(at(13)));
        assert_eq!(blocked_until(5, at(13)), None);
    }

    #[test]
    fn a_window_begins_with_its_first_wrong_code() {
        let limit = WrongLimit { max: 2, after: at(0) };
        let one = WrongCodes::default().and_one(limit, at(3));
        let two = one.and_one(limit, at(4));

        assert_eq!(two, WrongCodes { count: 2, since: Some(at(3)) });
        assert_eq!((one.has_tries(limit), two.has_tries(limit)), (true, false));
        let later = WrongLimit { after: at(3), ..limit };
        assert!(two.has_tries(later));
        assert_eq!(two.and_one(later, at(9)), WrongCodes { count: 1, since: Some(at(9)) });
    }

    #[test]
    fn a_setup_waits_a_quarter_of_an_hour() {
        let policy = TotpPolicy::default();
        let pending = authenticator(0, None);
        let active = Authenticator { confirmed_at: Some(at(1)), ..pending.clone() };

        assert!(pending.is_pending(&policy, at(14)));
        assert!(!pending.is_pending(&policy, at(15)));
        assert!(!active.is_pending(&policy, at(2)));
    }
}
