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
use doorward_limit::{AttackDetector, Check, CheckCounts, CheckKind, DetectorPolicy, Limits, ThreatLevel};

use super::{RateLimiter, Tried, recent::Recent};
use crate::metrics;

/// How often operators are told of one attack.
const HOUR: Duration = Duration::from_hours(1);

/// Sees who tries one code each at many accounts from many addresses, which exhausts no limit of theirs.
///
/// Checks are counted in memory, added up over all nodes every few seconds, and the threat level is elevated
/// as long as too many of them fail; a node that cannot exchange keeps the mode it had.
pub struct SprayDetector {
    counts: Arc<dyn CheckCounts>,
    watched: [Watched; 2],
}

/// The checks of a kind.
struct Watched {
    kind: CheckKind,
    policy: DetectorPolicy,
    /// What this node has counted and nobody else knows yet.
    own: Mutex<AttackDetector>,
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
        let watched =
            [watched(CheckKind::Code, limits.otp_breaker), watched(CheckKind::Password, limits.password_breaker)];
        Self { counts, watched }
    }

    /// Whether too many checks of either kind have failed.
    pub fn threat_level(&self) -> ThreatLevel {
        self.watched.iter().map(Watched::threat_level).fold(ThreatLevel::Normal, ThreatLevel::or)
    }

    /// Counts a code or password that was wrong.
    pub(crate) fn was_wrong(&self, kind: CheckKind, now: Timestamp) {
        self.of(kind).for_each(|watched| watched.count(Check::Failed, now));
    }

    /// Counts a code or password that was right, once in a window, however often it is shown.
    pub(super) fn was_right(&self, kind: CheckKind, tried: &Tried, now: Timestamp) {
        self.of(kind)
            .filter(|watched| watched.is_first(tried, now))
            .for_each(|watched| watched.count(Check::Passed, now));
    }

    fn of(&self, kind: CheckKind) -> impl Iterator<Item = &Watched> {
        self.watched.iter().filter(move |watched| watched.kind == kind)
    }

    /// Adds what was counted here to what all have counted, and gives the kinds whose threat level is elevated from now on.
    async fn exchange(&self, now: Timestamp) -> Result<Vec<CheckKind>, StoreError> {
        let mut opened = Vec::new();
        for watched in &self.watched {
            if watched.exchange(&*self.counts, now).await? {
                opened.push(watched.kind);
            }
        }
        Ok(opened)
    }

    /// Deletes what no breaker looks back at.
    async fn forget(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut forgotten = 0;
        for Watched { kind, policy, .. } in &self.watched {
            forgotten += self.counts.purge_before(*kind, AttackDetector::oldest_slot(policy, now)).await?;
        }
        Ok(forgotten)
    }
}

impl Watched {
    fn threat_level(&self) -> ThreatLevel {
        if self.is_elevated.load(Ordering::Relaxed) { ThreatLevel::Elevated } else { ThreatLevel::Normal }
    }

    fn count(&self, check: Check, now: Timestamp) {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).on_check(&self.policy, now, check);
    }

    fn is_first(&self, tried: &Tried, now: Timestamp) -> bool {
        self.successes.learn(self.keys.hash_one(tried.name()), (), self.policy.window, now)
    }

    /// Whether it has just become elevated.
    async fn exchange(&self, counts: &dyn CheckCounts, now: Timestamp) -> Result<bool, StoreError> {
        let own = mem::take(&mut self.own.lock().unwrap_or_else(PoisonError::into_inner).buckets);
        // What fails to arrive is lost, which is less than a count that is added twice.
        if !own.is_empty() {
            counts.add(self.kind, own).await?;
        }
        let all = counts.since(self.kind, AttackDetector::oldest_slot(&self.policy, now)).await?;
        let is_elevated =
            AttackDetector::replay(&self.policy, &all, now).threat_level(&self.policy, now) == ThreatLevel::Elevated;
        metrics::threat_level(self.kind, is_elevated);
        let was_tight = self.is_elevated.swap(is_elevated, Ordering::Relaxed);
        Ok(is_elevated && !was_tight)
    }
}

impl RateLimiter {
    /// Learns what all nodes have counted, and tells of an attack that begins.
    #[tracing::instrument(level = "debug", name = "limits.detect_spray", skip_all)]
    pub async fn detect_spray(&self) -> Result<(), StoreError> {
        let now = self.moment.now();
        for kind in self.spray.exchange(now).await? {
            let attack = match kind {
                CheckKind::Code => AuditKind::OtpSprayDetected,
                CheckKind::Password => AuditKind::PasswordSprayDetected,
            };
            self.note_once(attack, "", HOUR, now);
        }
        Ok(())
    }

    /// Deletes the checks of the past; returns how many counts of them.
    #[tracing::instrument(level = "debug", name = "limits.purge_checks", skip_all)]
    pub async fn purge_checks(&self) -> Result<u64, StoreError> {
        self.spray.forget(self.moment.now()).await
    }
}
