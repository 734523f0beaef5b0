use std::time::Duration;

use async_trait::async_trait;
use diesel::QueryResult;
use doorward_app::undo::{CancelPending, FormerPhone, PendingChange, UndoChanges, UndoOutcome, Undoable, Undos};
use doorward_kernel::{ChangeId, StoreError, Timestamp};

use crate::{
    PgStore,
    connection::PgConnection,
    steps::{
        authenticators::{drop_authenticator, lock_authenticator, note_totp, purge_digests_since},
        challenges::close_all,
        changes::{changes_after, named, purge_changes, undoable},
        messages::insert_notices,
        pending_authenticators::{find_pending_authenticator, lock_pending_authenticator},
        pending_numbers::{find_pending_number, purge_pending},
        purge::purge,
        sessions::{end_all_sessions, purge_binding_sessions},
        users::{UniqueOutcome, find_user, give_email, lock_active, lock_user, restore_phone},
    },
    store::{Halt, Step},
};

#[async_trait]
impl Undos for PgStore {
    async fn find(&self, change: ChangeId, window: Duration) -> Result<Option<Undoable>, StoreError> {
        self.read(async |connection| undoable(connection, change, window).await).await
    }

    async fn undo(&self, undo: UndoChanges) -> Result<UndoOutcome, StoreError> {
        self.write(async |connection| put_back(connection, &undo).await).await
    }

    async fn find_pending(&self, change: ChangeId) -> Result<Option<PendingChange>, StoreError> {
        self.read(async |connection| find_pending(connection, change).await).await
    }

    async fn cancel(&self, cancel: CancelPending) -> Result<bool, StoreError> {
        self.write(async |connection| cancel_pending(connection, &cancel).await).await
    }

    async fn purge_made(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.sweep(purge!("identifier_changes", by "id", where "at < $before", oldest "at"), before, limit).await
    }
}

/// Whoever makes a change locks the account first, so what is read under the lock stays.
async fn put_back(connection: &mut PgConnection, undo: &UndoChanges) -> Step<UndoOutcome> {
    if lock_active(connection, undo.user).await?.is_none() || !still_stand(connection, undo).await? {
        return Ok(UndoOutcome::Conflict);
    }
    end_all_sessions(connection, undo.user, undo.now).await?;
    purge_changes(connection, undo.user, &undo.changes).await?;
    if let Some(email) = &undo.email
        && give_email(connection, undo.user, email, undo.now).await? == UniqueOutcome::Taken
    {
        return Err(Halt::conflict(UndoOutcome::Taken));
    }
    if undo.phone != FormerPhone::Untouched
        && restore_phone(connection, undo.user, undo.phone.number(), undo.now).await? == UniqueOutcome::Taken
    {
        return Err(Halt::conflict(UndoOutcome::Taken));
    }
    let app = lock_authenticator(connection, undo.user).await?;
    if app.is_some_and(|app| app.confirmed_at.is_none_or(|at| at > undo.since)) {
        drop_authenticator(connection, undo.user).await?;
        note_totp(connection, undo.user, None, undo.now).await?;
    }
    purge_digests_since(connection, undo.user, undo.since).await?;
    close_all(connection, undo.user, &[], undo.now).await?;
    purge_binding_sessions(connection, undo.user).await?;
    insert_notices(connection, &undo.notices, &undo.audit).await?;
    let user = find_user(connection, undo.user).await?;
    Ok(user.map_or(UndoOutcome::Conflict, UndoOutcome::Undone))
}

/// Whether all is as the caller saw it.
async fn still_stand(connection: &mut PgConnection, undo: &UndoChanges) -> QueryResult<bool> {
    if named(connection, undo.named).await?.is_none() {
        return Ok(false);
    }
    let found = changes_after(connection, undo.user, undo.since).await?;
    Ok(found.iter().map(|change| change.id).eq(undo.seen.iter().copied()))
}

async fn find_pending(connection: &mut PgConnection, change: ChangeId) -> QueryResult<Option<PendingChange>> {
    if let Some(number) = find_pending_number(connection, change).await? {
        return Ok(Some(PendingChange::Number(number)));
    }
    Ok(find_pending_authenticator(connection, change).await?.map(PendingChange::Authenticator))
}

async fn cancel_pending(connection: &mut PgConnection, cancel: &CancelPending) -> Step<bool> {
    let (user, change) = (cancel.change.user(), cancel.change.id());
    lock_user(connection, user).await?;
    let was_pending = match cancel.change {
        PendingChange::Number(_) => purge_pending(connection, change).await?,
        PendingChange::Authenticator(_) => lock_pending_authenticator(connection, change).await?.is_some(),
    };
    if was_pending {
        end_all_sessions(connection, user, cancel.now).await?;
        // What is pending goes with the challenges.
        close_all(connection, user, &[], cancel.now).await?;
        insert_notices(connection, &cancel.notices, &cancel.audit).await?;
    }
    Ok(was_pending)
}
