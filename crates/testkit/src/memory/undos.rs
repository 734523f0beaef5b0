use std::time::Duration;

use async_trait::async_trait;
use doorward_app::undo::{
    CancelPending, FormerPhone, PendingChange, UndoChanges, UndoOutcome, Undoable, UndoableKind, Undos,
};
use doorward_kernel::{ChangeId, SessionId, StoreError, Timestamp, UserId};
use doorward_session::Scope;
use doorward_user::{IdentifierChange, User};

use super::{MemoryStore, state::State};

#[async_trait]
impl Undos for MemoryStore {
    async fn find(&self, change: ChangeId, window: Duration) -> Result<Option<Undoable>, StoreError> {
        Ok(self.read(|state| {
            let (user, at, kind) = named(state, change)?;
            Some(Undoable { user, at, kind, changes: after(state, user, at - window) })
        }))
    }

    async fn undo(&self, undo: UndoChanges) -> Result<UndoOutcome, StoreError> {
        let UndoChanges { user: id, named: change, changes, seen, since, email, phone, notices, now, audit } = undo;
        self.write(|state| {
            let found = after(state, id, since);
            if named(state, change).is_none()
                || !found.iter().map(|change| change.id).eq(seen.iter().copied())
                || state.active(id).is_none()
            {
                return Ok(UndoOutcome::Conflict);
            }
            let has_email = |other: &User| email.as_ref().is_some_and(|email| other.email.key() == email.key());
            let verified = phone.number().filter(|phone| phone.verified_at.is_some());
            let has_number = |other: &User| verified.is_some_and(|phone| other.has_verified(&phone.number));
            if is_taken(state, id, |other| has_email(other) || has_number(other)) {
                return Ok(UndoOutcome::Taken);
            }
            state.changes.retain(|change, _| !changes.contains(change));
            state.end_sessions(id, None, now);
            let removes_authenticator = remove_authenticator(state, id, since);
            let Some(account) = state.active(id) else { return Ok(UndoOutcome::Conflict) };
            if let Some(email) = email {
                account.user.email = email;
            }
            match phone {
                FormerPhone::Untouched => {}
                FormerPhone::Nothing => account.user.phone = None,
                FormerPhone::Number(phone) => account.user.phone = Some(phone),
            }
            if removes_authenticator {
                account.user.totp_enabled_at = None;
            }
            account.user.updated_at = now;
            let user = account.user.clone();
            state.close_challenges(id, &[], now);
            state.sessions.retain(|_, session| session.user != id || session.scope == Scope::Full);
            for notice in notices {
                state.post(notice)?;
            }
            state.record(audit);
            Ok(UndoOutcome::Undone(user))
        })
    }

    async fn find_pending(&self, change: ChangeId) -> Result<Option<PendingChange>, StoreError> {
        Ok(self.read(|state| pending(state, change)))
    }

    async fn cancel(&self, cancel: CancelPending) -> Result<bool, StoreError> {
        let CancelPending { change, notices, now, audit } = cancel;
        self.write(|state| {
            if pending(state, change.id()).is_none() {
                return Ok(false);
            }
            state.end_sessions(change.user(), None, now);
            state.close_challenges(change.user(), &[], now);
            for notice in notices {
                state.post(notice)?;
            }
            state.record(audit);
            Ok(true)
        })
    }

    async fn purge_made(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(|state| {
            let made = state.changes.values().filter(|change| change.at < before).map(|change| change.id);
            let made: Vec<_> = made.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect();
            for change in &made {
                state.changes.remove(change);
            }
            Ok(made.len() as u64)
        })
    }
}

/// Whose change it is, and when it was made, while it stands.
/// Removes an authenticator app that was added since, and recovery codes that it brought; whether there was one.
fn remove_authenticator(state: &mut State, user: UserId, since: Timestamp) -> bool {
    let app = state.authenticators.get(&user);
    let is_removed = app.is_some_and(|app| app.confirmed_at.is_none_or(|at| at > since));
    if is_removed {
        state.authenticators.remove(&user);
    }
    state.recovery.retain(|(owner, _), made_at| *owner != user || !is_removed && *made_at <= since);
    is_removed
}

fn named(state: &State, change: ChangeId) -> Option<(UserId, Timestamp, UndoableKind)> {
    let of_identifier = state.changes.get(&change).map(|found| (found.user, found.at, UndoableKind::Identifier));
    of_identifier.or_else(|| added(state, change)).or_else(|| opened(state, change))
}

fn added(state: &State, change: ChangeId) -> Option<(UserId, Timestamp, UndoableKind)> {
    let (user, _) = state.added_authenticators.iter().find(|(_, added)| **added == change)?;
    Some((*user, state.authenticators.get(user)?.confirmed_at?, UndoableKind::Authenticator))
}

fn opened(state: &State, change: ChangeId) -> Option<(UserId, Timestamp, UndoableKind)> {
    let session = state.sessions.get(&SessionId::from_bytes(change.to_bytes()))?;
    (session.scope == Scope::Binding).then_some((session.user, session.created_at, UndoableKind::BindingSession))
}

/// The changes of an account that were made after that instant, oldest first.
fn after(state: &State, user: UserId, since: Timestamp) -> Vec<IdentifierChange> {
    let is_later = |change: &&IdentifierChange| change.user == user && change.at > since;
    let mut changes: Vec<_> = state.changes.values().filter(is_later).cloned().collect();
    changes.sort_by_key(|change| (change.at, change.id));
    changes
}

fn is_taken(state: &State, id: UserId, has: impl Fn(&User) -> bool) -> bool {
    state.users.values().any(|account| account.user.id != id && has(&account.user))
}

fn pending(state: &State, change: ChangeId) -> Option<PendingChange> {
    let number = state.pending_numbers.get(&change).cloned().map(PendingChange::Number);
    let app = state.pending_authenticators.values().find(|app| app.id == change).cloned();
    number.or(app.map(PendingChange::Authenticator))
}
