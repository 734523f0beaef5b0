use doorward_kernel::{AuditEvent, AuditKind, StoreError, Timestamp};
use doorward_limit::CountedTry;
use doorward_notifier::{Message, NoticeTemplate};
use doorward_otp::Target;
use doorward_user::User;

use super::{FailureTry, Lockouts, failures::Tried, refusals::log_failure};
use crate::messages;

/// What a wrong try made of the row it was counted in.
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
        for (_, counted) in &failure.rows {
            if let Some(change) = Change::of(counted, now) {
                log_failure(self.tell_change(&failure.tried, change, now).await);
            }
        }
    }

    /// Whoever is tried is looked up, and something is written, whether there is such an account or not.
    async fn tell_change(&self, tried: &Tried, change: Change, now: Timestamp) -> Result<(), StoreError> {
        let owner = self.owner_of(tried).await?;
        let notice = match (template(tried, change), &owner) {
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

    async fn owner_of(&self, tried: &Tried) -> Result<Option<User>, StoreError> {
        match tried {
            Tried::Password(Target::Email(email)) => self.limiter.users.find_by_email(email).await,
            Tried::Password(Target::Phone(number)) => Ok(self.limiter.users.find_by_phone(number).await?.owner),
            Tried::OwnPassword(user) | Tried::App(user) => self.limiter.users.find_by_id(*user).await,
        }
    }

    fn notice(&self, owner: &User, template: NoticeTemplate, now: Timestamp) -> Message {
        let id = self.limiter.moment.message_id(now);
        messages::notice((&owner.email, owner.locale), template, None, id, now)
    }
}

impl Change {
    fn of(counted: &CountedTry, now: Timestamp) -> Option<Self> {
        let waits = counted.after.blocked_until.is_some_and(|until| until > now);
        match counted {
            counted if !counted.is_open() => None,
            counted if counted.after.disabled_at.is_some() => Some(Self::Disabled),
            counted if waits && counted.before.blocked_until.is_none() => Some(Self::BeganToWait),
            _ => waits.then_some(Self::WaitsLonger),
        }
    }
}

const fn template(tried: &Tried, change: Change) -> Option<NoticeTemplate> {
    match (tried, change) {
        (_, Change::WaitsLonger) => None,
        (Tried::Password(_) | Tried::OwnPassword(_), Change::BeganToWait) => Some(NoticeTemplate::PasswordsTried),
        (Tried::Password(_) | Tried::OwnPassword(_), Change::Disabled) => Some(NoticeTemplate::PasswordDisabled),
        (Tried::App(_), Change::BeganToWait) => Some(NoticeTemplate::AppCodesTried),
        (Tried::App(_), Change::Disabled) => Some(NoticeTemplate::AppDisabled),
    }
}
