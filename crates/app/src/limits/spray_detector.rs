use std::{
    hash::{BuildHasher as _, RandomState},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use doorward_kernel::{AuditKind, StoreError, Timestamp};
use doorward_limit::{CheckCounts, CheckKind, CheckSlot, DetectorPolicy, Limits, ThreatLevel};

use super::{RateLimiter, Tried};
use crate::{metrics, recent::Recent};

/// The cooldown of alerts about one attack.
const HOUR: Duration = Duration::from_hours(1);

/// Sees who tries one code each at many accounts from many addresses, which exhausts no limit of theirs.
///
/// Checks are counted in memory, added up over all nodes every few seconds, and the threat level is elevated
/// as long as too many of them fail; a node that cannot exchange keeps the level it had.
pub struct SprayDetector {
    counts: Arc<dyn CheckCounts>,
    codes: DetectorPolicy,
    passwords: DetectorPolicy,
    /// The checks this node has counted and no other node knows yet.
    own: Mutex<Vec<CheckSlot>>,
    /// The successes counted lately; a right code can be shown again at no cost, and would make up for a guess.
    successes: Recent<u64, ()>,
    keys: RandomState,
    /// The kinds of which too many fail.
    attacked: Mutex<Vec<CheckKind>>,
}

impl SprayDetector {
    /// A watch that has seen nothing yet.
    pub fn new(counts: Arc<dyn CheckCounts>, limits: &Limits) -> Self {
        Self {
            counts,
            codes: limits.otp_breaker,
            passwords: limits.password_breaker,
            own: Mutex::default(),
            successes: Recent::with_capacity(65_536),
            keys: RandomState::new(),
            attacked: Mutex::default(),
        }
    }

    /// Whether too many checks of either kind have failed.
    pub fn threat_level(&self) -> ThreatLevel {
        if lock(&self.attacked).is_empty() { ThreatLevel::Normal } else { ThreatLevel::Elevated }
    }

    /// Counts a code or password that was wrong.
    pub(super) fn was_wrong(&self, kind: CheckKind, now: Timestamp) {
        self.count(kind, 1, now);
    }

    /// Counts a code or password that was right, once in a window, however often it is shown.
    pub(super) fn was_right(&self, kind: CheckKind, tried: &Tried, now: Timestamp) {
        if self.successes.learn(self.keys.hash_one(tried.name()), (), self.policy(kind).window, now) {
            self.count(kind, 0, now);
        }
    }

    fn count(&self, kind: CheckKind, failed: u64, now: Timestamp) {
        let starts_at = self.policy(kind).starts_at(now);
        let mut own = lock(&self.own);
        match own.iter_mut().find(|counted| (counted.kind, counted.starts_at) == (kind, starts_at)) {
            Some(counted) => (counted.failed, counted.total) = (counted.failed + failed, counted.total + 1),
            None => own.push(CheckSlot { kind, starts_at, failed, total: 1 }),
        }
    }

    const fn policy(&self, kind: CheckKind) -> &DetectorPolicy {
        match kind {
            CheckKind::Code => &self.codes,
            CheckKind::Password => &self.passwords,
        }
    }

    /// Adds what was counted here to what all have counted; the kinds of which too many fail from now on.
    async fn exchange(&self, now: Timestamp) -> Result<Vec<CheckKind>, StoreError> {
        // What fails to arrive is lost, which is less than a count that is added twice.
        let own = mem::take(&mut *lock(&self.own));
        let counted = self.counts.exchange(own, self.codes.oldest(now).min(self.passwords.oldest(now))).await?;
        let mut attacked = vec![CheckKind::Code, CheckKind::Password];
        attacked.retain(|kind| {
            let counted: Vec<_> = counted.iter().filter(|counted| counted.kind == *kind).copied().collect();
            let is_elevated = self.policy(*kind).threat_level(&counted, now) == ThreatLevel::Elevated;
            metrics::threat_level(*kind, is_elevated);
            is_elevated
        });
        let before = mem::replace(&mut *lock(&self.attacked), attacked.clone());
        attacked.retain(|kind| !before.contains(kind));
        Ok(attacked)
    }
}

impl RateLimiter {
    /// Learns what all nodes have counted, and tells of an attack that begins.
    #[tracing::instrument(level = "debug", name = "limits.detect_spray", skip_all)]
    pub async fn detect_spray(&self) -> Result<(), StoreError> {
        let now = self.clock_and_ids.now();
        for kind in self.spray.exchange(now).await? {
            let attack = match kind {
                CheckKind::Code => AuditKind::OtpSprayDetected,
                CheckKind::Password => AuditKind::PasswordSprayDetected,
            };
            self.note_once(attack, "", HOUR, now);
        }
        Ok(())
    }
}

/// No step leaves a list half-written, so one that panicked elsewhere spoils nothing.
fn lock<T>(list: &Mutex<T>) -> MutexGuard<'_, T> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}
