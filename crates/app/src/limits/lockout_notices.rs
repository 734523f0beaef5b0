use std::time::Duration;

use doorward_kernel::{AuditEvent, AuditKind, StoreError, Timestamp, UserId};
use doorward_limit::{BudgetKind, Draw, DrawOutcome, Limit, Lockout, LockoutPolicy, Rate};
use doorward_notifier::{Message, NoticeTemplate};
use doorward_user::User;

use super::{FailureTry, Lockouts, Tried, refusals::log_failure};
use crate::messages;

/// How often an owner is told the same of an authenticator: several devices and sessions may fail at once.
const DAY: Duration = Duration::from_hours(24);

/// What a wrong try made of the lockout it was counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// Tries have to wait from now on.
    BeganToWait,
    /// They have to wait longer.
    WaitsLonger,
    /// None is looked at until the authenticator is bound anew.
    Disabled,
}

impl Lockouts {
    /// Records what a wrong try made of its authenticator, and tells the owner how it began and how it ended.
    ///
    /// There are at most as many changes as failures in a row, so each is recorded. What was
    /// wrong stays wrong whether that is recorded or not, so a failure to is logged.
    pub(super) async fn was_failure_of(&self, failure: &FailureTry, now: Timestamp) {
        let counted = failure.counted.iter().flat_map(|counted| &counted.counted);
        for (_, lockout) in counted {
            if let Some(change) = Change::of(lockout, &self.policy) {
                log_failure(self.tell_change(&failure.tried, change, now).await);
            }
        }
    }

    /// Records that an authenticator was disabled, and tells the owner.
    pub(super) async fn was_disabled(&self, tried: &Tried, now: Timestamp) {
        log_failure(self.tell_change(tried, Change::Disabled, now).await);
    }

    /// Whoever is tried is looked up, and something is written, whether there is such an account or not.
    async fn tell_change(&self, tried: &Tried, change: Change, now: Timestamp) -> Result<(), StoreError> {
        let template = template(tried, change);
        let is_due = match template {
            Some(template) => self.is_notice_due(tried, template, now).await?,
            None => false,
        };
        let owner = self.owner_of(tried).await?;
        let notice = match (template.filter(|_| is_due), &owner) {
            (Some(template), Some(owner)) => Some(self.notice(owner, template, now)),
            _ => None,
        };
        let kind = match change {
            Change::BeganToWait | Change::WaitsLonger => AuditKind::AuthenticatorWaiting,
            Change::Disabled => AuditKind::AuthenticatorDisabled,
        };
        let user = owner.map(|owner| owner.id);
        self.limiter.record(AuditEvent { user, ..self.limiter.moment.event(kind, now) }, notice).await
    }

    /// Whether the owner was not told so today.
    async fn is_notice_due(&self, tried: &Tried, template: NoticeTemplate, now: Timestamp) -> Result<bool, StoreError> {
        let daily = Rate::per(1, DAY).map_or(Limit::OFF, Limit::from);
        let key = self.day_key(BudgetKind::NOTICES, tried, template.as_str());
        Ok(self.limiter.budgets.draw(vec![Draw::one(key, daily)], now).await? == DrawOutcome::Admitted)
    }

    async fn owner_of(&self, tried: &Tried) -> Result<Option<User>, StoreError> {
        // Nobody is looked up by an id that is nobody's, which takes as long.
        let user = tried.user().unwrap_or(UserId::from_bytes([0; 16]));
        self.limiter.users.find_by_id(user).await
    }

    fn notice(&self, owner: &User, template: NoticeTemplate, now: Timestamp) -> Message {
        let id = self.limiter.moment.message_id(now);
        messages::notice((&owner.email, owner.locale), template, None, id, now)
    }
}

impl Change {
    fn of(lockout: &Lockout, policy: &LockoutPolicy) -> Option<Self> {
        match lockout.blocked_until {
            _ if lockout.disabled_at.is_some() => Some(Self::Disabled),
            Some(_) if Some(lockout.consecutive) == policy.backoff_after => Some(Self::BeganToWait),
            Some(_) => Some(Self::WaitsLonger),
            None => None,
        }
    }
}

const fn template(tried: &Tried, change: Change) -> Option<NoticeTemplate> {
    match (tried, change) {
        (_, Change::WaitsLonger)
        | (Tried::Mail { .. }, _)
        | (Tried::Sms { .. } | Tried::Claim(_), Change::BeganToWait) => None,
        (Tried::Password(_) | Tried::NobodysPassword(_), Change::BeganToWait) => Some(NoticeTemplate::PasswordsTried),
        (Tried::Password(_) | Tried::NobodysPassword(_), Change::Disabled) => Some(NoticeTemplate::PasswordDisabled),
        (Tried::Totp { .. }, Change::BeganToWait) => Some(NoticeTemplate::AppCodesTried),
        (Tried::Totp { .. }, Change::Disabled) => Some(NoticeTemplate::AppDisabled),
        (Tried::Sms { .. } | Tried::Claim(_), Change::Disabled) => Some(NoticeTemplate::NumberDisabled),
    }
}
