use std::fmt;

use async_trait::async_trait;
use doorward_kernel::{StoreError, Timestamp};

use crate::{Lockout, LockoutPolicy, LockoutVerdict};

/// The key of a caller's failures at an authenticator: keyed digests of both.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LockoutKey {
    /// 32 bytes that stand for the authenticator: the password of an account, its app.
    pub authenticator: [u8; 32],
    /// 32 bytes that stand for who tries: strangers, a known device, a session.
    pub caller: [u8; 32],
}

/// A lockout in which a try is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockoutTry {
    /// The lockout.
    pub key: LockoutKey,
    /// The policy of its waits.
    pub policy: LockoutPolicy,
}

/// A try that was counted as a failure before anything was compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedTry {
    /// Whether it is compared; one that is not has changed nothing.
    pub verdict: LockoutVerdict,
    /// The lockouts with the try counted, in the order in which they were asked for; none where it is not compared.
    pub counted: Vec<(LockoutKey, Lockout)>,
}

impl CountedTry {
    /// Counts a try in these lockouts, each as it is kept, or in none where one of them is not open.
    pub fn of(kept: &[(LockoutTry, Lockout)], now: Timestamp) -> Self {
        let verdict = kept.iter().map(|(_, lockout)| lockout.verdict(now)).max().unwrap_or(LockoutVerdict::Open);
        let counted = match verdict {
            LockoutVerdict::Open => {
                kept.iter().map(|(tried, lockout)| (tried.key, lockout.on_failure(&tried.policy, now))).collect()
            }
            LockoutVerdict::Waiting | LockoutVerdict::Disabled => Vec::new(),
        };
        Self { verdict, counted }
    }

    /// Whether it is compared.
    pub fn is_open(&self) -> bool {
        self.verdict == LockoutVerdict::Open
    }
}

/// The failures in a row of authenticators, shared by all nodes. Those of a day are limits, and not kept here.
#[async_trait]
pub trait Lockouts: Send + Sync {
    /// Counts a try in every lockout, or in none where one of them waits or is disabled, as [`CountedTry::of`] says.
    ///
    /// One atomic step: of any number at once each comes after the one before it, so no burst
    /// gets more tries than the policy gives. An unknown lockout has no failures.
    async fn count(&self, asked: Vec<LockoutTry>, now: Timestamp) -> Result<CountedTry, StoreError>;

    /// Takes back a try that was never compared, wherever nothing has come after it.
    async fn put_back(&self, tried: CountedTry) -> Result<(), StoreError>;

    /// Clears these lockouts: a try was right.
    async fn clear(&self, keys: Vec<LockoutKey>) -> Result<(), StoreError>;

    /// Clears the lockouts of all who tried the authenticator: it was bound anew.
    async fn clear_all(&self, authenticator: [u8; 32]) -> Result<(), StoreError>;

    /// Deletes what was last counted in before that instant, locked or not, at most `limit`; returns how many.
    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

impl fmt::Debug for LockoutKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ([first, second, ..], [third, fourth, ..]) = (self.authenticator, self.caller);
        write!(f, "LockoutKey({first:02x}{second:02x} by {third:02x}{fourth:02x})")
    }
}
