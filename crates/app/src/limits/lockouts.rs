use std::{sync::Arc, time::Duration};

use doorward_kernel::{AuditKind, StoreError, Timestamp};
use doorward_limit::{
    BucketKey, BucketKind, CountedTry, Limit, LockoutKey, LockoutPolicy, LockoutTry, LockoutVerdict, Take,
};
use doorward_notifier::NoticeTemplate;

use super::{RateLimiter, Tried, TriedBy, incidents::Incident, refusals::count_unread};

/// How often an owner is told the same of an authenticator: several devices and sessions may fail at once.
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
    /// What tries take from before they are counted.
    pub limiter: Arc<RateLimiter>,
    /// The failures in a row of passwords and apps.
    pub store: Arc<dyn doorward_limit::Lockouts>,
    /// The lockout policy for consecutive failures.
    pub policy: Arc<LockoutPolicy>,
}

/// A try at a password or a code of an app, counted as a failure before anything was compared.
#[derive(Clone, Debug)]
pub(crate) struct FailureTry {
    /// At what.
    pub(super) tried: Tried,
    /// The lockouts that it went through: a success clears them.
    pub(super) passed: Vec<LockoutKey>,
    /// What it was counted in; `None` once the limit of the day is used up.
    pub(super) counted: Option<CountedTry>,
}

/// How a try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TryEnd {
    /// It was right.
    Right,
    /// The same, and its lockouts were cleared with what it led to.
    RightAndCleared,
    /// It was wrong.
    Wrong,
    /// It was not compared, or came too late, so it tells nothing.
    Unread,
}

impl TryEnd {
    /// The end of a try that was compared.
    pub(crate) const fn of(is_right: bool) -> Self {
        if is_right { Self::Right } else { Self::Wrong }
    }
}

impl FailureTry {
    /// A try that is counted nowhere.
    pub(super) const fn uncounted(tried: Tried) -> Self {
        Self { tried, passed: Vec::new(), counted: None }
    }

    /// Whether right and wrong are told apart.
    pub(crate) fn is_looked_at(&self) -> bool {
        self.counted.as_ref().is_some_and(CountedTry::is_open)
    }
}

impl Lockouts {
    /// Counts a try, unless its lockouts wait or are disabled.
    ///
    /// A known device that has failed too often is none, and counts as any stranger.
    pub(super) async fn count_try(&self, tried: Tried, by: TriedBy, now: Timestamp) -> Result<FailureTry, StoreError> {
        let mut passed = Vec::new();
        let mut last = None;
        for by in by.in_turn() {
            let asked = self.lockouts(&tried, by);
            passed.extend(asked.iter().map(|lockout| lockout.key));
            let counted = self.store.count(asked, now).await?;
            let verdict = counted.verdict;
            last = Some(counted);
            if verdict != LockoutVerdict::Disabled {
                break;
            }
        }
        last.as_ref().inspect(|counted| count_unread(counted.verdict));
        Ok(FailureTry { tried, passed, counted: last })
    }

    /// Clears the lockouts that a right try went through, records what a wrong one did, and takes back one that tells nothing.
    pub(crate) async fn end_try(&self, tried: FailureTry, end: TryEnd, now: Timestamp) -> Result<(), StoreError> {
        match end {
            TryEnd::Right if tried.is_looked_at() => self.store.clear(tried.passed).await,
            TryEnd::Unread => match tried.counted.filter(CountedTry::is_open) {
                Some(counted) => self.store.put_back(counted).await,
                None => Ok(()),
            },
            TryEnd::Wrong => {
                self.note_failure(&tried, now);
                Ok(())
            }
            TryEnd::Right | TryEnd::RightAndCleared => Ok(()),
        }
    }

    /// An authenticator that is bound anew has no failures behind it, nor those of the day.
    ///
    /// What a device or session has failed itself today stays: nobody knows which there are.
    pub(super) async fn is_bound(&self, tried: &Tried) -> Result<(), StoreError> {
        let [of_strangers, of_known] = kinds(tried);
        for (kind, caller) in [(of_strangers, "stranger"), (of_known, "devices"), (of_known, "sessions")] {
            self.limiter.buckets.reset(self.day_key(kind, tried, caller)).await?;
        }
        self.store.clear_all(self.authenticator(tried)).await
    }

    /// Lets be recorded what a wrong try made of its authenticator: there are at most as many changes as failures in a row.
    fn note_failure(&self, failure: &FailureTry, now: Timestamp) {
        let (waiting, _) = notices(&failure.tried);
        for (_, lockout) in failure.counted.iter().flat_map(|counted| &counted.counted) {
            if lockout.disabled_at.is_some() {
                self.note_disabled(&failure.tried, now);
            } else if lockout.blocked_until.is_some() {
                let is_first = Some(lockout.consecutive) == self.policy.backoff_after;
                self.note_change(&failure.tried, AuditKind::AuthenticatorWaiting, waiting.filter(|_| is_first), now);
            }
        }
    }

    /// Lets be recorded that an authenticator was disabled.
    pub(super) fn note_disabled(&self, tried: &Tried, now: Timestamp) {
        self.note_change(tried, AuditKind::AuthenticatorDisabled, notices(tried).1, now);
    }

    fn note_change(&self, tried: &Tried, kind: AuditKind, notice: Option<NoticeTemplate>, now: Timestamp) {
        let once_a_day = |template: NoticeTemplate| {
            let key = self.day_key(BucketKind::NOTICES, tried, template.as_str());
            (template, Take::one(key, Limit::once_in(DAY)))
        };
        let notice = notice.map(once_a_day);
        self.limiter.note(Incident { kind, at: now, user: tried.user(), once: None, notice });
    }

    /// The limits of the day: the caller's own, and that of all known devices or all sessions together.
    ///
    /// Codes that are sent have no limit for all: each flow costs a send, and those are limited.
    pub(super) fn day_takes(&self, tried: &Tried, by: TriedBy) -> Vec<Take> {
        let limits = &self.limiter.limits;
        let limit = match tried {
            Tried::Password(_) | Tried::NobodysPassword(_) => &limits.password_failures,
            Tried::Totp { .. } | Tried::Sms { .. } | Tried::Mail { .. } | Tried::Claim(_) => &limits.wrong_codes,
        };
        let [of_strangers, of_known] = kinds(tried);
        let kind = if by.is_known() { of_known } else { of_strangers };
        let take = |caller: &str, limit: Limit| Take::one(self.day_key(kind, tried, caller), limit);
        let of_all = by.all().filter(|_| tried.is_typed_in_at_will());
        let of_all = of_all.map(|all| take(all, limit.times(LockoutPolicy::SHARE)));
        [take(&by.name(), limit.clone())].into_iter().chain(of_all).collect()
    }

    pub(super) fn day_key(&self, kind: BucketKind, tried: &Tried, caller: &str) -> BucketKey {
        BucketKey::new(&*self.limiter.digests, kind, &format!("{} {caller}", tried.name()))
    }

    fn lockouts(&self, tried: &Tried, by: TriedBy) -> Vec<LockoutTry> {
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
}

/// What the owner is told when tries begin to wait, and when none is looked at any more.
const fn notices(tried: &Tried) -> (Option<NoticeTemplate>, Option<NoticeTemplate>) {
    match tried {
        Tried::Password(_) => (Some(NoticeTemplate::PasswordsTried), Some(NoticeTemplate::PasswordDisabled)),
        Tried::Totp { .. } => (Some(NoticeTemplate::AppCodesTried), Some(NoticeTemplate::AppDisabled)),
        Tried::Sms { .. } => (None, Some(NoticeTemplate::NumberDisabled)),
        Tried::NobodysPassword(_) | Tried::Mail { .. } | Tried::Claim(_) => (None, None),
    }
}

/// What failures of a day are taken from: by strangers, and by known devices and sessions.
const fn kinds(tried: &Tried) -> [BucketKind; 2] {
    match tried {
        Tried::Password(_) | Tried::NobodysPassword(_) => {
            [BucketKind::PASSWORD_FAILURES, BucketKind::PASSWORD_FAILURES_KNOWN]
        }
        Tried::Totp { .. } | Tried::Sms { .. } | Tried::Mail { .. } | Tried::Claim(_) => {
            [BucketKind::WRONG_CODES, BucketKind::WRONG_CODES_KNOWN]
        }
    }
}
