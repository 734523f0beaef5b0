use async_trait::async_trait;
use doorward_app::undo::{FormerPhone, UndoChanges, UndoOutcome, Undos};
use doorward_kernel::{ChangeId, StoreError, Timestamp};
use doorward_user::{IdentifierChange, User};

use super::{MemoryStore, state::State};

#[async_trait]
impl Undos for MemoryStore {
    async fn find_since(&self, change: ChangeId) -> Result<Vec<IdentifierChange>, StoreError> {
        Ok(self.read(|state| since(state, change)))
    }

    async fn undo(&self, undo: UndoChanges) -> Result<UndoOutcome, StoreError> {
        let UndoChanges { user: id, changes, email, phone, drops_app, notices, now, audit } = undo;
        self.write(|state| {
            if !still_stand(state, &changes) || state.active(id).is_none() {
                return Ok(UndoOutcome::Lost);
            }
            if is_taken(state, id, |other| {
                let has_email = email.as_ref().is_some_and(|email| other.email.key() == email.key());
                let proved = phone.number().filter(|phone| phone.verified_at.is_some());
                has_email || proved.is_some_and(|phone| other.has_proved(&phone.number))
            }) {
                return Ok(UndoOutcome::Taken);
            }
            state.changes.retain(|change, _| !changes.contains(change));
            let Some(account) = state.active(id) else { return Ok(UndoOutcome::Lost) };
            if let Some(email) = email {
                account.user.email = email;
            }
            match phone {
                FormerPhone::Untouched => {}
                FormerPhone::Nothing => account.user.phone = None,
                FormerPhone::Number(phone) => account.user.phone = Some(phone),
            }
            if drops_app {
                account.user.totp_enabled_at = None;
            }
            account.user.updated_at = now;
            let user = account.user.clone();
            if drops_app {
                state.authenticators.remove(&id);
                state.recovery.retain(|(owner, _)| *owner != id);
            }
            state.end_sessions(id, None, now);
            state.close_challenges(id, &[], now);
            for notice in notices {
                state.post(notice)?;
            }
            state.record(audit);
            Ok(UndoOutcome::Undone(user))
        })
    }

    async fn forget_made(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
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

fn since(state: &State, change: ChangeId) -> Vec<IdentifierChange> {
    let Some(first) = state.changes.get(&change) else { return Vec::new() };
    let is_later = |other: &&IdentifierChange| other.user == first.user && other.at >= first.at;
    let mut changes: Vec<_> = state.changes.values().filter(is_later).cloned().collect();
    changes.sort_by_key(|change| (change.at, change.id));
    changes
}

/// Whether exactly these are the first of them and all later ones.
fn still_stand(state: &State, changes: &[ChangeId]) -> bool {
    let found: Vec<_> = changes.first().map(|first| since(state, *first)).unwrap_or_default();
    !found.is_empty() && found.iter().map(|change| change.id).eq(changes.iter().copied())
}

fn is_taken(state: &State, id: doorward_kernel::UserId, has: impl Fn(&User) -> bool) -> bool {
    state.users.values().any(|account| account.user.id != id && has(&account.user))
}
