use std::{sync::Arc, time::Duration};

use doorward_kernel::{AuditEvent, AuditKind, ChangeId, EmailAddress, StoreError, Timestamp};
use doorward_notifier::{Message, NoticeTemplate, OutboxSignal};
use doorward_user::{IdentifierChange, Replaced, UndoTokens, User, Users};

use super::{CancelPending, FormerPhone, PendingChange, UndoChanges, UndoOutcome, Undoable, UndoableKind, Undos};
use crate::{
    ClockAndIds,
    limits::{Caller, RateLimiter, say_limited},
    messages,
};

/// The retries of an undo while the account changes.
const MAX_RETRIES: usize = 3;

/// Undoes changes of address, number and authenticator app for who was told of them.
#[derive(Clone)]
pub struct Undo {
    /// Clock and id generator.
    pub clock_and_ids: ClockAndIds,
    /// The accounts.
    pub users: Arc<dyn Users>,
    /// The changes.
    pub undos: Arc<dyn Undos>,
    /// Reads what the notices carry.
    pub tokens: Arc<dyn UndoTokens>,
    /// Wakes the delivery workers.
    pub signal: Arc<dyn OutboxSignal>,
    /// The rate limiter.
    pub limiter: Arc<RateLimiter>,
}

/// Why nothing was undone.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// The token is none of ours, was used, or is too old.
    #[error("there is nothing to undo")]
    Closed,
    /// Somebody else has verified the address or number since.
    #[error("somebody else has the address or number now")]
    Taken,
    /// The caller's host or network has used up a bucket; nothing was compared.
    #[error("a rate limit is exhausted")]
    Limited {
        /// The seconds to wait.
        retry_after: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The address and number that an account gets back.
struct Restored {
    email: Option<EmailAddress>,
    phone: FormerPhone,
}

impl Undo {
    /// The time that a change can be undone.
    pub const LIFE: Duration = Duration::from_hours(72);
    /// The time that a change is kept: one that can be undone takes those of the time before with it.
    pub const KEPT: Duration = Duration::from_hours(144);

    /// Puts back what the change replaced, and with it what any later change replaced: whoever
    /// objects to one says that the account has been in wrong hands since.
    ///
    /// They may have prepared it: a number that was changed and an authenticator app that was
    /// added in the 72 hours before go as well, or a thief who bound one first would still get in.
    /// Of a session that may only bind, all since it was opened is taken back, whether it has ended
    /// or not. Every session ends, everything under way is closed, and both addresses are told.
    #[tracing::instrument(level = "debug", name = "undo.undo", skip_all)]
    pub async fn undo(&self, token: &str, caller: &Caller) -> Result<(), UndoError> {
        let now = self.clock_and_ids.now();
        self.limiter.admit_call(caller, None, now).await?;
        let change = self.tokens.open_undo_token(token).ok_or(UndoError::Closed)?;
        for _ in 0..MAX_RETRIES {
            let Some(found) = self.undos.find(change, Self::LIFE).await? else { return self.object(change, now).await };
            if found.at + Self::LIFE <= now {
                return Err(UndoError::Closed);
            }
            let user = self.users.find_by_id(found.user).await?.filter(User::is_active).ok_or(UndoError::Closed)?;
            let undo = self.undo_of(change, found, &user, now).await?;
            match self.undos.undo(undo).await? {
                UndoOutcome::Undone(_) => {
                    self.signal.notify();
                    return Ok(());
                }
                UndoOutcome::Conflict | UndoOutcome::Taken => {}
            }
        }
        Err(UndoError::Closed)
    }

    async fn undo_of(
        &self,
        change: ChangeId,
        found: Undoable,
        user: &User,
        now: Timestamp,
    ) -> Result<UndoChanges, UndoError> {
        let (since, kind, template) = match found.kind {
            UndoableKind::Identifier | UndoableKind::Authenticator => {
                (found.at - Self::LIFE, AuditKind::ChangeUndone, NoticeTemplate::ChangeUndone)
            }
            UndoableKind::BindingSession => (found.at, AuditKind::BindingEnded, NoticeTemplate::BindingEnded),
        };
        let seen: Vec<_> = found.changes.into_iter().filter(|change| change.at > since).collect();
        let is_undone = |change: &&IdentifierChange| match change.replaced {
            Replaced::Email { .. } => change.at >= found.at,
            Replaced::Phone { .. } => true,
        };
        let undone: Vec<_> = seen.iter().filter(is_undone).cloned().collect();
        let restored = self.restored(change, &undone, user).await?;
        Ok(UndoChanges {
            user: user.id,
            named: change,
            changes: undone.iter().map(|change| change.id).collect(),
            seen: seen.iter().map(|change| change.id).collect(),
            since,
            notices: self.told(user, &restored, template, now),
            email: restored.email,
            phone: restored.phone,
            now,
            audit: AuditEvent { user: Some(user.id), ..self.clock_and_ids.event(kind, now) },
        })
    }

    /// Cancels a number or authenticator app that does not count yet.
    async fn object(&self, change: ChangeId, now: Timestamp) -> Result<(), UndoError> {
        let pending = self.undos.find_pending(change).await?.ok_or(UndoError::Closed)?;
        let is_off = self.undos.cancel(self.objection(pending, now).await?).await?;
        if !is_off {
            return Err(UndoError::Closed);
        }
        self.signal.notify();
        Ok(())
    }

    async fn objection(&self, change: PendingChange, now: Timestamp) -> Result<CancelPending, UndoError> {
        let user = self.users.find_by_id(change.user()).await?.filter(User::is_active).ok_or(UndoError::Closed)?;
        let (kind, template) = match change {
            PendingChange::Number(_) => (AuditKind::NumberCalledOff, NoticeTemplate::NumberCalledOff),
            PendingChange::Authenticator(_) => (AuditKind::TotpCalledOff, NoticeTemplate::AuthenticatorCalledOff),
        };
        let (to, id) = ((&user.email, user.locale), self.clock_and_ids.message_id(now));
        let notices = vec![messages::notice(to, template, None, id, now)];
        let audit = AuditEvent { user: Some(user.id), ..self.clock_and_ids.event(kind, now) };
        Ok(CancelPending { change, notices, now, audit })
    }

    /// Returns what was there before the first of the changes, which come oldest first.
    ///
    /// A number or address that somebody else has verified since is theirs: then the change that is named stays,
    /// and of other ones a number is taken away without another in its place.
    async fn restored(
        &self,
        named: ChangeId,
        changes: &[IdentifierChange],
        user: &User,
    ) -> Result<Restored, UndoError> {
        let mut restored = Restored { email: None, phone: FormerPhone::Untouched };
        for change in changes {
            let is_free = self.is_free(&change.replaced, user).await?;
            if !is_free && change.id == named {
                return Err(UndoError::Taken);
            }
            match &change.replaced {
                Replaced::Email { old, .. } if is_free && restored.email.is_none() => {
                    restored.email = Some(old.clone());
                }
                Replaced::Phone { old, .. } if restored.phone == FormerPhone::Untouched => {
                    let old = old.clone().filter(|_| is_free);
                    restored.phone = old.map_or(FormerPhone::Nothing, FormerPhone::Number);
                }
                Replaced::Email { .. } | Replaced::Phone { .. } => {}
            }
        }
        Ok(restored)
    }

    /// Returns whether nobody else has verified what was replaced.
    async fn is_free(&self, replaced: &Replaced, user: &User) -> Result<bool, StoreError> {
        let holder = match replaced {
            Replaced::Email { old, .. } => self.users.find_by_email(old).await?,
            Replaced::Phone { old: Some(old), .. } => self.users.find_by_phone(&old.number).await?.owner,
            Replaced::Phone { old: None, .. } => None,
        };
        Ok(holder.is_none_or(|holder| holder.id == user.id))
    }

    fn told(&self, user: &User, restored: &Restored, template: NoticeTemplate, now: Timestamp) -> Vec<Message> {
        let number = restored.phone.number().map(|phone| phone.number.masked());
        let detail = restored.email.as_ref().map(EmailAddress::masked).or(number);
        let mut addresses = vec![&user.email];
        addresses.extend(restored.email.iter().filter(|email| **email != user.email));
        let notice = |to: &EmailAddress| {
            let id = self.clock_and_ids.message_id(now);
            messages::notice((to, user.locale), template, detail.clone(), id, now)
        };
        addresses.into_iter().map(notice).collect()
    }
}

say_limited!(UndoError);
