use std::time::Duration;

use doorward_kernel::{Timestamp, UserId};
use doorward_otp::{SealedSeed, TimeStep};

/// An authenticator app of an account, as stores keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticator {
    /// Whose it is; an account has one at most.
    pub user: UserId,
    /// The sealed seed; it also names the setup, as no two sealings are alike.
    pub seed: SealedSeed,
    /// When its setup was begun.
    pub created_at: Timestamp,
    /// When a code of it was first right; while `None` it is inert.
    pub confirmed_at: Option<Timestamp>,
    /// The step of the last code accepted: only later ones are.
    pub last_step: Option<TimeStep>,
}

/// The policy for authenticator apps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TotpPolicy {
    /// Who the codes are for, as apps show it.
    pub issuer: String,
    /// The time that a setup that was begun may be confirmed.
    pub setup_ttl: Duration,
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
}

impl Default for TotpPolicy {
    fn default() -> Self {
        Self { issuer: "Doorward".to_owned(), setup_ttl: Duration::from_mins(15) }
    }
}

#[cfg(test)]
mod tests {
    use doorward_kernel::EpochId;

    use super::*;

    fn at(minutes: u64) -> Timestamp {
        Timestamp::from_micros(0) + Duration::from_mins(minutes)
    }

    fn pending() -> Authenticator {
        Authenticator {
            user: UserId::from_bytes([1; 16]),
            seed: SealedSeed { epoch: EpochId(1), bytes: vec![1] },
            created_at: at(0),
            confirmed_at: None,
            last_step: None,
        }
    }

    #[test]
    fn a_setup_waits_a_quarter_of_an_hour() {
        let policy = TotpPolicy::default();
        let pending = pending();
        let active = Authenticator { confirmed_at: Some(at(1)), ..pending.clone() };

        assert!(pending.is_pending(&policy, at(14)));
        assert!(!pending.is_pending(&policy, at(15)));
        assert!(!active.is_pending(&policy, at(2)));
    }
}
