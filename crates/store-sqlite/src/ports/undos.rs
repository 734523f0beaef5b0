use std::time::Duration;

use async_trait::async_trait;
use diesel::{QueryResult, SqliteConnection};
use doorward_app::undo::{CancelPending, FormerPhone, PendingChange, UndoChanges, UndoOutcome, Undoable, Undos};
use doorward_kernel::{ChangeId, StoreError, Timestamp};
use doorward_user::User;

use crate::{
    SqliteStore,
    steps::{
        audit::insert_audit,
        authenticators::{drop_authenticator, find_authenticator, note_totp, purge_digests_since},
        challenges::close_all,
        changes::{changes_after, named, purge_changes, undoable},
        messages::insert_messages,
        pending_authenticators::find_pending_authenticator,
        pending_numbers::{find_pending_number, purge_pending},
        purge::purge,
        sessions::{end_all_sessions, purge_binding_sessions},
        users::{UniqueOutcome, find_active, give_email, restore_phone},
    },
    writer::{Halt, StepResult},
};

#[async_trait]
impl Undos for SqliteStore {
    async fn find(&self, change: ChangeId, window: Duration) -> Result<Option<Undoable>, StoreError> {
        self.read(|connection| undoable(connection, change, window))
    }

    async fn undo(&self, undo: UndoChanges) -> Result<UndoOutcome, StoreError> {
        self.write(move |connection| put_back(connection, &undo)).await
    }

    async fn find_pending(&self, change: ChangeId) -> Result<Option<PendingChange>, StoreError> {
        self.read(|connection| find_pending(connection, change))
    }

    async fn cancel(&self, cancel: CancelPending) -> Result<bool, StoreError> {
        self.write(move |connection| Ok(cancel_pending(connection, &cancel)?)).await
    }

    async fn purge_made(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.sweep(purge!("identifier_changes", by "id", where "at < ?1", oldest "at"), before, limit).await
    }
}

fn put_back(connection: &mut SqliteConnection, undo: &UndoChanges) -> StepResult<UndoOutcome> {
    // The write lock is held: what stands here stays.
    if find_active(connection, undo.user)?.is_none() || !still_stand(connection, undo)? {
        return Ok(UndoOutcome::Conflict);
    }
    end_all_sessions(connection, undo.user, undo.now)?;
    let mut user = find_active(connection, undo.user)?.ok_or(Halt::conflict(UndoOutcome::Conflict))?;
    purge_changes(connection, undo.user, &undo.changes)?;
    if let Some(email) = &undo.email {
        user = or_taken(give_email(connection, undo.user, email, undo.now)?)?;
    }
    if undo.phone != FormerPhone::Untouched {
        user = or_taken(restore_phone(connection, undo.user, undo.phone.number(), undo.now)?)?;
    }
    let app = find_authenticator(connection, undo.user)?;
    if app.is_some_and(|app| app.confirmed_at.is_none_or(|at| at > undo.since)) {
        drop_authenticator(connection, undo.user)?;
        user = note_totp(connection, undo.user, None, undo.now)?.ok_or(Halt::conflict(UndoOutcome::Conflict))?;
    }
    purge_digests_since(connection, undo.user, undo.since)?;
    close_all(connection, undo.user, &[], undo.now)?;
    purge_binding_sessions(connection, undo.user)?;
    insert_messages(connection, &undo.notices)?;
    insert_audit(connection, &undo.audit)?;
    Ok(UndoOutcome::Undone(user))
}

/// Returns whether all is as the caller saw it.
fn still_stand(connection: &mut SqliteConnection, undo: &UndoChanges) -> QueryResult<bool> {
    if named(connection, undo.named)?.is_none() {
        return Ok(false);
    }
    let found = changes_after(connection, undo.user, undo.since)?;
    Ok(found.iter().map(|change| change.id).eq(undo.seen.iter().copied()))
}

fn or_taken(given: UniqueOutcome) -> Result<User, Halt<UndoOutcome>> {
    match given {
        UniqueOutcome::Given(user) => Ok(user),
        UniqueOutcome::Taken => Err(Halt::conflict(UndoOutcome::Taken)),
    }
}

fn find_pending(connection: &mut SqliteConnection, change: ChangeId) -> QueryResult<Option<PendingChange>> {
    if let Some(number) = find_pending_number(connection, change)? {
        return Ok(Some(PendingChange::Number(number)));
    }
    Ok(find_pending_authenticator(connection, change)?.map(PendingChange::Authenticator))
}

fn cancel_pending(connection: &mut SqliteConnection, cancel: &CancelPending) -> QueryResult<bool> {
    let (user, change) = (cancel.change.user(), cancel.change.id());
    let was_pending = match cancel.change {
        PendingChange::Number(_) => purge_pending(connection, change)?,
        PendingChange::Authenticator(_) => find_pending_authenticator(connection, change)?.is_some(),
    };
    if was_pending {
        end_all_sessions(connection, user, cancel.now)?;
        // What is pending goes with the challenges.
        close_all(connection, user, &[], cancel.now)?;
        insert_messages(connection, &cancel.notices)?;
        insert_audit(connection, &cancel.audit)?;
    }
    Ok(was_pending)
}
