use std::{sync::Arc, time::Duration};

use doorward_kernel::{AuditKind, StoreError, Timestamp};
use doorward_limit::{BucketKey, BucketKind, Limit, Lockout, LockoutKey, LockoutPolicy, LockoutTry, Take};
use doorward_notifier::NoticeTemplate;

use super::{RateLimiter, Tried, TriedBy, incidents::Incident};

/// The cooldown of notices of one authenticator: several devices and sessions may fail at once.
const DAY: Duration = Duration::from_hours(24);

/// Counts tries at codes and passwords before they are compared, and locks an authenticator that fails too often.
///
/// Failures belong to an authenticator and a kind of caller (`Tried`, `TriedBy`): strangers, each known
/// device and each session count apart, so none of them locks out the others. Those of a day are
/// silent limits, and so are those in a row of codes by SMS, which never wait: both are taken together
/// with what the call takes from the limits of its caller. Passwords and codes of apps wait from the
/// tenth failure in a row on, which the [store](doorward_limit::Lockouts) counts.
#[derive(Clone)]
pub struct Lockouts {
    /// The rate limiter that tries take from before they are counted.
    pub limiter: Arc<RateLimiter>,
    /// The failures in a row of passwords and apps.
    pub store: Arc<dyn doorward_limit::Lockouts>,
    /// The lockout policy for consecutive failures.
    pub policy: Arc<LockoutPolicy>,
}

impl Lockouts {
    /// An authenticator that is bound anew has no failures behind it, nor those of the day.
    ///
    /// The failures of a device or session today stay: nobody knows which there are.
    pub(crate) async fn is_bound(&self, tried: &Tried) -> Result<(), StoreError> {
        let [of_strangers, of_known] = kinds(tried);
        match tried {
            Tried::Password(_) | Tried::Totp { .. } => {
                for (kind, caller) in [(of_strangers, "stranger"), (of_known, "devices"), (of_known, "sessions")] {
                    self.limiter.buckets.reset(self.day_key(kind, tried, caller)).await?;
                }
                self.store.clear_all(self.authenticator(tried)).await
            }
            Tried::Sms { .. } => {
                for by in [TriedBy::Stranger, TriedBy::RightPassword] {
                    for kind in [of_strangers, BucketKind::WRONG_IN_A_ROW] {
                        self.limiter.buckets.reset(self.day_key(kind, tried, &by.name())).await?;
                    }
                }
                Ok(())
            }
            Tried::NobodysPassword(_) | Tried::Mail { .. } | Tried::Claim(_) => Ok(()),
        }
    }

    /// The limits of the day: the caller's own, and that of all known devices or all sessions together.
    ///
    /// Codes that are sent have no limit for all: each flow costs a send, and those are limited.
    pub(super) fn day_takes(&self, tried: &Tried, by: TriedBy) -> Vec<Take> {
        let limits = &self.limiter.limits;
        let limit = if tried.is_password() { &limits.password_failures } else { &limits.wrong_codes };
        let [of_strangers, of_known] = kinds(tried);
        let kind = if by.all().is_some() { of_known } else { of_strangers };
        let take = |caller: &str, limit: Limit| Take::one(self.day_key(kind, tried, caller), limit);
        let of_all = by.all().filter(|_| !tried.is_sent());
        let of_all = of_all.map(|all| take(all, limit.times(LockoutPolicy::SHARE)));
        [take(&by.name(), limit.clone())].into_iter().chain(of_all).collect()
    }

    pub(super) fn day_key(&self, kind: BucketKind, tried: &Tried, caller: &str) -> BucketKey {
        BucketKey::new(&*self.limiter.digests, kind, &format!("{} {caller}", tried.name()))
    }

    /// Returns the lockouts a try is counted in: the caller's own, and that of all known devices or sessions together.
    pub(super) fn lockouts(&self, tried: &Tried, by: TriedBy) -> Vec<LockoutTry> {
        let own = LockoutTry { key: self.key(tried, &by.name()), policy: (*self.policy).clone() };
        let of_all = by.all().map(|all| LockoutTry { key: self.key(tried, all), policy: self.policy.of_all() });
        [own].into_iter().chain(of_all).collect()
    }

    fn key(&self, tried: &Tried, caller: &str) -> LockoutKey {
        let caller = self.limiter.digests.digest(BucketKind::LOCKOUT, &format!("{} {caller}", tried.binding()));
        LockoutKey { authenticator: self.authenticator(tried), caller }
    }

    fn authenticator(&self, tried: &Tried) -> [u8; 32] {
        self.limiter.digests.digest(BucketKind::LOCKOUT, &tried.binding())
    }

    /// Lets be recorded what a wrong try made of a lockout: there are at most as many changes as failures in a row.
    pub(super) fn note_failure(&self, tried: &Tried, lockout: &Lockout, now: Timestamp) {
        if lockout.disabled_at.is_some() {
            self.note_disabled(tried, now);
        } else if lockout.blocked_until.is_some() {
            let is_first = Some(lockout.consecutive) == self.policy.backoff_after;
            let (waiting, _) = notices(tried);
            self.note(tried, AuditKind::AuthenticatorWaiting, waiting.filter(|_| is_first), now);
        }
    }

    /// Lets be recorded that an authenticator was disabled.
    pub(super) fn note_disabled(&self, tried: &Tried, now: Timestamp) {
        let (_, disabled) = notices(tried);
        self.note(tried, AuditKind::AuthenticatorDisabled, disabled, now);
    }

    fn note(&self, tried: &Tried, kind: AuditKind, notice: Option<NoticeTemplate>, now: Timestamp) {
        let once_a_day = |template: NoticeTemplate| {
            let key = self.day_key(BucketKind::NOTICES, tried, template.as_str());
            (template, Take::one(key, Limit::per(1, DAY)))
        };
        let notice = notice.map(once_a_day);
        self.limiter.note(Incident { kind, at: now, user: tried.user(), once: None, notice });
    }
}

/// Returns the buckets of failures of a day: of strangers, and of known devices and sessions.
const fn kinds(tried: &Tried) -> [BucketKind; 2] {
    if tried.is_password() {
        [BucketKind::PASSWORD_FAILURES, BucketKind::PASSWORD_FAILURES_KNOWN]
    } else {
        [BucketKind::WRONG_CODES, BucketKind::WRONG_CODES_KNOWN]
    }
}

/// Returns the notices to the owner when tries begin to wait, and when none is compared any more.
const fn notices(tried: &Tried) -> (Option<NoticeTemplate>, Option<NoticeTemplate>) {
    match tried {
        Tried::Password(_) => (Some(NoticeTemplate::PasswordsTried), Some(NoticeTemplate::PasswordDisabled)),
        Tried::Totp { .. } => (Some(NoticeTemplate::AppCodesTried), Some(NoticeTemplate::AppDisabled)),
        Tried::Sms { .. } => (None, Some(NoticeTemplate::NumberDisabled)),
        Tried::NobodysPassword(_) | Tried::Mail { .. } | Tried::Claim(_) => (None, None),
    }
}
