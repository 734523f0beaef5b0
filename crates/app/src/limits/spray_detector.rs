use std::{
    hash::{BuildHasher as _, RandomState},
    mem,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use doorward_kernel::{AuditKind, StoreError, Timestamp};
use doorward_limit::{CheckCounts, CheckKind, CheckSlot, DetectorPolicy, Limits, ThreatLevel};

use super::{RateLimiter, Tried};
use crate::{metrics, recent::Recent};

/// How often operators are told of one attack.
const HOUR: Duration = Duration::from_hours(1);

/// Sees who tries one code each at many accounts from many addresses, which exhausts no limit of theirs.
///
/// Checks are counted in memory, added up over all nodes every few seconds, and the threat level is elevated
/// as long as too many of them fail; a node that cannot exchange keeps the level it had.
pub struct SprayDetector {
    counts: Arc<dyn CheckCounts>,
    watched: [Watched; 2],
}

/// The checks of a kind.
struct Watched {
    kind: CheckKind,
    policy: DetectorPolicy,
    /// What this node has counted and nobody else knows yet.
    own: Mutex<Vec<CheckSlot>>,
    /// What something right was shown for; a right code can be shown again at no cost, and would make up for a guess.
    successes: Recent<u64, ()>,
    keys: RandomState,
    is_elevated: AtomicBool,
}

impl SprayDetector {
    /// A watch that has seen nothing yet.
    pub fn new(counts: Arc<dyn CheckCounts>, limits: &Limits) -> Self {
        let watched = |kind, policy| Watched {
            kind,
            policy,
            own: Mutex::default(),
            successes: Recent::with_capacity(32_768),
            keys: RandomState::new(),
            is_elevated: AtomicBool::new(false),
        };
        let codes = watched(CheckKind::Code, limits.otp_breaker);
        Self { counts, watched: [codes, watched(CheckKind::Password, limits.password_breaker)] }
    }

    /// Whether too many checks of either kind have failed.
    pub fn threat_level(&self) -> ThreatLevel {
        let is_elevated = self.watched.iter().any(|watched| watched.is_elevated.load(Ordering::Relaxed));
        if is_elevated { ThreatLevel::Elevated } else { ThreatLevel::Normal }
    }

    /// Counts a code or password that was wrong.
    pub(crate) fn was_wrong(&self, kind: CheckKind, now: Timestamp) {
        self.of(kind).for_each(|watched| watched.count(1, now));
    }

    /// Counts a code or password that was right, once in a window, however often it is shown.
    pub(super) fn was_right(&self, kind: CheckKind, tried: &Tried, now: Timestamp) {
        for watched in self.of(kind) {
            let tried = watched.keys.hash_one(tried.name());
            if watched.successes.learn(tried, (), watched.policy.window, now) {
                watched.count(0, now);
            }
        }
    }

    fn of(&self, kind: CheckKind) -> impl Iterator<Item = &Watched> {
        self.watched.iter().filter(move |watched| watched.kind == kind)
    }
}

impl Watched {
    fn count(&self, failed: u64, now: Timestamp) {
        let slot = self.policy.slot(now);
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        match own.iter_mut().find(|counted| counted.slot == slot) {
            Some(counted) => (counted.failed, counted.total) = (counted.failed + failed, counted.total + 1),
            None => own.push(CheckSlot { slot, failed, total: 1 }),
        }
    }

    /// Adds what was counted here to what all have counted; whether the threat level is elevated from now on.
    async fn exchange(&self, counts: &dyn CheckCounts, now: Timestamp) -> Result<bool, StoreError> {
        let own = mem::take(&mut *self.own.lock().unwrap_or_else(PoisonError::into_inner));
        // What fails to arrive is lost, which is less than a count that is added twice.
        if !own.is_empty() {
            counts.add(self.kind, own).await?;
        }
        let all = counts.since(self.kind, self.policy.oldest_slot(now)).await?;
        let is_elevated = self.policy.threat_level(&all, now) == ThreatLevel::Elevated;
        metrics::threat_level(self.kind, is_elevated);
        let was_elevated = self.is_elevated.swap(is_elevated, Ordering::Relaxed);
        Ok(is_elevated && !was_elevated)
    }
}

impl RateLimiter {
    /// Learns what all nodes have counted, and tells of an attack that begins.
    #[tracing::instrument(level = "debug", name = "limits.detect_spray", skip_all)]
    pub async fn detect_spray(&self) -> Result<(), StoreError> {
        let now = self.clock_and_ids.now();
        for watched in &self.spray.watched {
            if watched.exchange(&*self.spray.counts, now).await? {
                let attack = match watched.kind {
                    CheckKind::Code => AuditKind::OtpSprayDetected,
                    CheckKind::Password => AuditKind::PasswordSprayDetected,
                };
                self.note_once(attack, "", HOUR, now);
            }
        }
        Ok(())
    }

    /// Deletes the checks that no threat level looks back at; returns how many counts of them.
    #[tracing::instrument(level = "debug", name = "limits.purge_checks", skip_all)]
    pub async fn purge_checks(&self) -> Result<u64, StoreError> {
        let (mut purged, now) = (0, self.clock_and_ids.now());
        for Watched { kind, policy, .. } in &self.spray.watched {
            purged += self.spray.counts.purge_before(*kind, policy.oldest_slot(now)).await?;
        }
        Ok(purged)
    }
}
