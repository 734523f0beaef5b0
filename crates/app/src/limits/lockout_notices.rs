use std::time::Duration;

use doorward_kernel::{AuditEvent, AuditKind, StoreError, Timestamp};
use doorward_limit::{BucketKind, Limit, Lockout, LockoutPolicy, Rate, Take, TakeOutcome};
use doorward_notifier::{Message, NoticeTemplate};
use doorward_user::User;

use super::{FailureTry, Lockouts, Tried, incident_queue::Incident};
use crate::messages;

/// How often an owner is told the same of an authenticator: several devices and sessions may fail at once.
const DAY: Duration = Duration::from_hours(24);

/// What a wrong try made of the lockout it was counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LockoutChange {
    /// Tries have to wait from now on.
    BeganToWait,
    /// They have to wait longer.
    WaitsLonger,
    /// None is looked at until the authenticator is bound anew.
    Disabled,
}

impl Lockouts {
    /// Lets be recorded what a wrong try made of its authenticator: there are at most as many changes as failures in a row.
    pub(super) fn was_failure_of(&self, failure: &FailureTry, now: Timestamp) {
        let counted = failure.counted.iter().flat_map(|counted| &counted.counted);
        for (_, lockout) in counted {
            if let Some(change) = LockoutChange::of(lockout, &self.policy) {
                self.has_changed(&failure.tried, change, now);
            }
        }
    }

    /// Lets be recorded that an authenticator was disabled.
    pub(super) fn was_disabled(&self, tried: &Tried, now: Timestamp) {
        self.has_changed(tried, LockoutChange::Disabled, now);
    }

    fn has_changed(&self, tried: &Tried, change: LockoutChange, now: Timestamp) {
        let incident = Incident::Lockout { tried: tried.clone(), change, at: now };
        self.limiter.memory.incidents.push(incident);
    }

    /// Records a change, and tells the owner how it began and how it ended.
    pub(super) async fn record_change(
        &self,
        tried: &Tried,
        change: LockoutChange,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let owner = self.owner_of(tried).await?;
        let told = owner.as_ref().zip(template(tried, change));
        let taken = match told {
            Some((_, template)) => self.take_notice(tried, template, now).await?,
            None => None,
        };
        let notice = told.filter(|_| taken.is_some()).map(|(owner, template)| self.notice(owner, template, now));
        let kind = match change {
            LockoutChange::BeganToWait | LockoutChange::WaitsLonger => AuditKind::AuthenticatorWaiting,
            LockoutChange::Disabled => AuditKind::AuthenticatorDisabled,
        };
        let user = owner.as_ref().map(|owner| owner.id);
        let recorded = self.limiter.record(AuditEvent { user, ..self.limiter.moment.event(kind, now) }, notice).await;
        if recorded.is_err()
            && let Some(take) = taken
        {
            self.limiter.buckets.refund(vec![take], now).await?;
        }
        recorded
    }

    /// What was taken from the owner's notices of the day; `None` where the owner was told so today.
    async fn take_notice(
        &self,
        tried: &Tried,
        template: NoticeTemplate,
        now: Timestamp,
    ) -> Result<Option<Take>, StoreError> {
        let daily = Rate::per(1, DAY).map_or(Limit::OFF, Limit::from);
        let take = Take::one(self.day_key(BucketKind::NOTICES, tried, template.as_str()), daily);
        let outcome = self.limiter.buckets.take(vec![take.clone()], now).await?;
        Ok((outcome == TakeOutcome::Admitted).then_some(take))
    }

    async fn owner_of(&self, tried: &Tried) -> Result<Option<User>, StoreError> {
        match tried.user() {
            Some(user) => self.limiter.users.find_by_id(user).await,
            None => Ok(None),
        }
    }

    fn notice(&self, owner: &User, template: NoticeTemplate, now: Timestamp) -> Message {
        let id = self.limiter.moment.message_id(now);
        messages::notice((&owner.email, owner.locale), template, None, id, now)
    }
}

impl LockoutChange {
    fn of(lockout: &Lockout, policy: &LockoutPolicy) -> Option<Self> {
        match lockout.blocked_until {
            _ if lockout.disabled_at.is_some() => Some(Self::Disabled),
            Some(_) if Some(lockout.consecutive) == policy.backoff_after => Some(Self::BeganToWait),
            Some(_) => Some(Self::WaitsLonger),
            None => None,
        }
    }
}

const fn template(tried: &Tried, change: LockoutChange) -> Option<NoticeTemplate> {
    match (tried, change) {
        (_, LockoutChange::WaitsLonger)
        | (Tried::Mail { .. }, _)
        | (Tried::Sms { .. } | Tried::Claim(_), LockoutChange::BeganToWait) => None,
        (Tried::Password(_) | Tried::NobodysPassword(_), LockoutChange::BeganToWait) => {
            Some(NoticeTemplate::PasswordsTried)
        }
        (Tried::Password(_) | Tried::NobodysPassword(_), LockoutChange::Disabled) => {
            Some(NoticeTemplate::PasswordDisabled)
        }
        (Tried::Totp { .. }, LockoutChange::BeganToWait) => Some(NoticeTemplate::AppCodesTried),
        (Tried::Totp { .. }, LockoutChange::Disabled) => Some(NoticeTemplate::AppDisabled),
        (Tried::Sms { .. } | Tried::Claim(_), LockoutChange::Disabled) => Some(NoticeTemplate::NumberDisabled),
    }
}
