use std::time::Duration;

use async_trait::async_trait;
use diesel::{
    QueryResult,
    sql_types::{Array, Bool, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_app::undo::{FormerPhone, UndoChanges, UndoOutcome, Undoable, Undos};
use doorward_kernel::{ChangeId, EmailAddress, StoreError, Timestamp};
use doorward_user::User;

use crate::{
    PgStore,
    connection::PgConnection,
    fault,
    rows::{UserRow, decode, stored, user_columns},
    sql::{Sql, Statement},
    steps::{audit, authenticators, challenges, changes, messages, sessions, sweep::forget, users},
    store::Abort,
};

#[async_trait]
impl Undos for PgStore {
    async fn find(&self, change: ChangeId, window: Duration) -> Result<Option<Undoable>, StoreError> {
        self.repeatable(&(change, window), |connection, (change, window)| {
            Box::pin(changes::undoable(connection, *change, *window))
        })
        .await
    }

    async fn undo(&self, undo: UndoChanges) -> Result<UndoOutcome, StoreError> {
        self.transaction(&undo, |connection, undo| Box::pin(put_back(connection, undo))).await
    }

    async fn forget_made(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.sweep(forget!("identifier_changes", by "id", where "at < $1", oldest "at"), before, limit).await
    }
}

/// Whoever makes a change locks the account before, so what stands under the lock stays.
async fn put_back(connection: &mut PgConnection, undo: &UndoChanges) -> Result<UndoOutcome, Abort<UndoOutcome>> {
    let found = users::lock(connection, undo.user, std::iter::empty()).await?;
    if !found.is_some_and(|user| user.is_active()) || !still_stand(connection, undo).await? {
        return Ok(UndoOutcome::Lost);
    }
    let user = match restore(connection, undo).await {
        Err(error) if ["users_email_key", "users_verified_phone"].iter().any(|key| fault::is_taken(&error, key)) => {
            return Err(Abort::Outcome(UndoOutcome::Taken));
        }
        user => user?,
    };
    let mut parts = vec![forget(&undo.changes), sessions::end_all(undo.user, None, undo.now)];
    parts.extend(challenges::close_all(undo.user, &[], undo.now));
    parts.extend(authenticators::forget_since(undo.user, undo.since));
    parts.extend(undo.notices.iter().map(messages::insert));
    parts.push(audit::insert(&undo.audit));
    if let Some(statement) = Statement::all(parts) {
        statement.execute(connection).await?;
    }
    // Apart from the statement that ends them and closes what they started.
    Statement::one(sessions::forget_binding(undo.user)).execute(connection).await?;
    Ok(UndoOutcome::Undone(user))
}

/// Whether all is as the caller saw it.
async fn still_stand(connection: &mut PgConnection, undo: &UndoChanges) -> QueryResult<bool> {
    if changes::named(connection, undo.named).await?.is_none() {
        return Ok(false);
    }
    let found = changes::after(connection, undo.user, undo.since).await?;
    Ok(found.iter().map(|change| change.id).eq(undo.seen.iter().copied()))
}

async fn restore(connection: &mut PgConnection, undo: &UndoChanges) -> QueryResult<User> {
    let phone = undo.phone.number();
    let sql = Sql::new(concat!(
        "UPDATE users SET email = coalesce($2, email), email_key = coalesce($3, email_key), \
         phone = CASE WHEN $4 THEN $5 ELSE phone END, \
         phone_verified_at = CASE WHEN $4 THEN $6 ELSE phone_verified_at END, updated_at = $7, \
         device_generation = device_generation + 1, \
         totp_enabled_at = CASE WHEN totp_enabled_at > $8 THEN NULL ELSE totp_enabled_at END \
         WHERE id = $1 RETURNING ",
        user_columns!()
    ))
    .bind::<Uuid, _>(undo.user.as_uuid())
    .bind::<Nullable<Text>, _>(undo.email.as_ref().map(EmailAddress::as_str))
    .bind::<Nullable<Text>, _>(undo.email.as_ref().map(EmailAddress::key))
    .bind::<Bool, _>(undo.phone != FormerPhone::Untouched)
    .bind::<Nullable<Text>, _>(phone.map(|phone| phone.number.as_str()))
    .bind::<Nullable<Timestamptz>, _>(phone.and_then(|phone| phone.verified_at).map(stored))
    .bind::<Timestamptz, _>(stored(undo.now))
    .bind::<Timestamptz, _>(stored(undo.since));
    let row: UserRow = Statement::one(sql).get_result(connection).await?;
    decode(row)
}

fn forget<'a>(changes: &[ChangeId]) -> Sql<'a> {
    let changes: Vec<_> = changes.iter().map(|change| change.as_uuid()).collect();
    Sql::new("DELETE FROM identifier_changes WHERE id = ANY ($1)").bind::<Array<Uuid>, _>(changes)
}
