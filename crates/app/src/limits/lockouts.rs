use std::{sync::Arc, time::Duration};

use doorward_kernel::{AuditKind, StoreError, Timestamp};
use doorward_limit::{BucketKey, BucketKind, Limit, Lockout, LockoutPolicy, Take};
use doorward_notifier::NoticeTemplate;
use doorward_otp::Challenge;
use doorward_user::User;

use super::{RateLimiter, Tried, TriedBy, incidents::Incident};
use crate::reviewers::Reviewers;

/// The cooldown of notices of one authenticator: several devices and sessions may fail at once.
const DAY: Duration = Duration::from_hours(24);
/// The wait of a known device or session that has failed too often at codes by SMS.
const A_TRY_A_DAY: [Duration; 1] = [DAY];
/// The wait of anybody who has failed too often at a claimed number.
const A_TRY_AN_HOUR: [Duration; 1] = [Duration::from_hours(1)];

/// Counts tries at codes and passwords before they are compared, and locks an authenticator that fails too often.
///
/// Failures belong to an authenticator and a kind of caller (`Tried`, `TriedBy`): strangers, each known
/// device and each session count apart, so none of them locks out the others. Those of a day are
/// silent limits, those in a row are lockouts: both are taken together with what the call takes from
/// the limits of its caller, and given back where a try was right.
#[derive(Clone)]
pub struct Lockouts {
    /// The rate limiter that tries take from.
    pub limiter: Arc<RateLimiter>,
    /// The lockout policy for consecutive failures.
    pub policy: LockoutPolicy,
    /// The numbers with a code that is not sent, and is the same for every account.
    pub reviewers: Reviewers,
}

impl Lockouts {
    /// Clears the failures of all who tried at an authenticator, as it was bound anew.
    pub(crate) async fn clear_failures(&self, tried: &Tried) -> Result<(), StoreError> {
        match tried {
            Tried::Password(_) | Tried::Totp(_) | Tried::Phone { .. } => {
                self.limiter.buckets.clear_tries(self.tries_at(tried)).await
            }
            Tried::NobodysPassword(_) | Tried::Mail { .. } | Tried::Claim(_) => Ok(()),
        }
    }

    /// Notes that a step of the store has cleared the [tries](Self::tries_at) at an authenticator.
    pub(crate) fn failures_were_cleared(&self, tried: &Tried) {
        self.limiter.buckets.forget_tries(self.tries_at(tried));
    }

    /// Returns what the buckets of all tries at an authenticator begin with.
    pub(crate) fn tries_at(&self, tried: &Tried) -> [u8; 16] {
        BucketKey::authenticator(&*self.limiter.digests, &tried.name())
    }

    /// Returns the secret that the code of a challenge is tried at, and who tries; `None` where no code is asked for.
    ///
    /// The code of a reviewer never changes: it is tried at the number, whichever of the accounts that carry it the
    /// login is for, and all strangers have one count.
    pub(super) fn tried(
        &self,
        challenge: &Challenge,
        account: Option<&User>,
        now: Timestamp,
    ) -> Option<(Tried, TriedBy)> {
        if self.reviewers.code(challenge, now).is_some() {
            return Some((Tried::Claim(challenge.target.clone()), TriedBy::device(challenge.known_device)));
        }
        let tried = Tried::of(challenge, account)?;
        let by = TriedBy::of(challenge, &tried);
        Some((tried, by))
    }

    /// The limits of the day: the caller's own, and that of all known devices or all sessions together.
    pub(super) fn of_day(&self, tried: &Tried, by: TriedBy) -> Vec<Take> {
        let limits = &self.limiter.limits;
        let (kind, limit) = if tried.is_password() {
            (BucketKind::PASSWORD_FAILURES, &limits.password_failures)
        } else {
            (BucketKind::WRONG_CODES, &limits.wrong_codes)
        };
        self.takes(kind, tried, by, limit.clone(), limit.times(LockoutPolicy::SHARE))
    }

    /// The lockouts: the caller's own, and that of all known devices or all sessions together.
    pub(super) fn in_a_row(&self, tried: &Tried, by: TriedBy) -> Vec<Take> {
        self.takes(BucketKind::LOCKOUT, tried, by, self.policy(tried, by).into(), self.policy.of_all().into())
    }

    /// Codes that are sent have no limit for all: each flow costs a send, and those are limited.
    fn takes(&self, kind: BucketKind, tried: &Tried, by: TriedBy, own: Limit, of_all: Limit) -> Vec<Take> {
        let take = |caller: &str, limit| Take::one(self.key(kind, tried, caller), limit);
        let of_all = by.all().filter(|_| !tried.is_sent()).map(|all| take(all, of_all));
        [take(&by.name(), own)].into_iter().chain(of_all).collect()
    }

    fn key(&self, kind: BucketKind, tried: &Tried, caller: &str) -> BucketKey {
        BucketKey::of_try(&*self.limiter.digests, kind, &tried.name(), caller)
    }

    /// The policy of a caller's own lockout.
    ///
    /// Codes by SMS do not wait, as each flow costs a send. Strangers and those who know the password disable a number
    /// until it is bound anew. A known device or a session of its owner is never shut out for good, and then has a try
    /// a day. Nor is a claimed number: whoever claims it has no way to bind it anew, though somebody else may own it.
    fn policy(&self, tried: &Tried, by: TriedBy) -> LockoutPolicy {
        let count = self.policy.disable_after;
        let slow = |waits| LockoutPolicy { backoff_after: Some(count), waits, disable_after: u32::MAX };
        match tried {
            Tried::Password(_) | Tried::NobodysPassword(_) | Tried::Totp(_) => self.policy,
            Tried::Claim(_) => slow(&A_TRY_AN_HOUR),
            Tried::Phone { .. } | Tried::Mail { .. } if by.all().is_some() => slow(&A_TRY_A_DAY),
            Tried::Phone { .. } | Tried::Mail { .. } => LockoutPolicy { backoff_after: None, ..self.policy },
        }
    }

    /// Lets be recorded what a wrong try made of a lockout: there are at most as many changes as failures in a row.
    pub(super) fn note_failure(&self, tried: &Tried, lockout: &Lockout, now: Timestamp) {
        let (waiting, disabled) = notices(tried);
        if lockout.is_disabled() {
            self.note(tried, AuditKind::AuthenticatorDisabled, disabled, now);
        } else if lockout.blocked_until.is_some() {
            let is_first = Some(lockout.consecutive) == self.policy.backoff_after;
            self.note(tried, AuditKind::AuthenticatorWaiting, waiting.filter(|_| is_first), now);
        }
    }

    fn note(&self, tried: &Tried, kind: AuditKind, notice: Option<NoticeTemplate>, now: Timestamp) {
        let once_a_day = |template: NoticeTemplate| {
            let key = self.key(BucketKind::NOTICES, tried, template.as_str());
            (template, Take::one(key, Limit::per(1, DAY)))
        };
        let notice = notice.map(once_a_day);
        self.limiter.note(Incident { kind, at: now, user: tried.user(), once: None, notice });
    }
}

/// Returns the notices to the owner when tries begin to wait, and when none is compared any more.
const fn notices(tried: &Tried) -> (Option<NoticeTemplate>, Option<NoticeTemplate>) {
    match tried {
        Tried::Password(_) => (Some(NoticeTemplate::PasswordsTried), Some(NoticeTemplate::PasswordDisabled)),
        Tried::Totp(_) => (Some(NoticeTemplate::AppCodesTried), Some(NoticeTemplate::AppDisabled)),
        Tried::Phone { .. } => (None, Some(NoticeTemplate::NumberDisabled)),
        Tried::NobodysPassword(_) | Tried::Mail { .. } | Tried::Claim(_) => (None, None),
    }
}
