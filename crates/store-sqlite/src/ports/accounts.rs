use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, delete, insert_into,
    update,
};
use doorward_app::operator::{Accounts, DeleteOutcome, Import, ImportOutcome, SignOutOutcome, StatusOutcome};
use doorward_kernel::{AuditEvent, EmailAddress, StoreError, Timestamp, UserId};
use doorward_user::UserStatus;

use crate::{
    SqliteStore,
    columns::Id,
    fault,
    rows::UserRow,
    schema::{challenges, sessions, users},
    steps::{audit::insert_audit, challenges::close_all, sessions::end_all_sessions, users::find_user},
};

#[async_trait]
impl Accounts for SqliteStore {
    async fn set_status(
        &self,
        user: UserId,
        status: UserStatus,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<StatusOutcome, StoreError> {
        self.write(move |connection| Ok(set_status(connection, user, status, now, &audit)?)).await
    }

    async fn end_sessions(
        &self,
        user: UserId,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<SignOutOutcome, StoreError> {
        self.write(move |connection| Ok(sign_out(connection, user, now, &audit)?)).await
    }

    async fn delete(&self, user: UserId, audit: AuditEvent) -> Result<DeleteOutcome, StoreError> {
        self.write(move |connection| Ok(delete_user(connection, user, &audit)?)).await
    }

    async fn import(&self, batch: Vec<Import>) -> Result<Vec<ImportOutcome>, StoreError> {
        let step = move |connection: &mut SqliteConnection| {
            batch.iter().map(|import| Ok(take_over(connection, import)?)).collect()
        };
        self.write(step).await
    }
}

fn set_status(
    connection: &mut SqliteConnection,
    user: UserId,
    status: UserStatus,
    now: Timestamp,
    audit: &AuditEvent,
) -> QueryResult<StatusOutcome> {
    let other = users::table.filter(users::id.eq(Id::from(user))).filter(users::status.ne(status.as_str()));
    let values = (users::status.eq(status.as_str()), users::updated_at.eq(now.as_micros()));
    if update(other).set(values).execute(connection)? == 0 {
        let found = find_user(connection, user)?;
        return Ok(if found.is_some() { StatusOutcome::Unchanged } else { StatusOutcome::NotFound });
    }
    match status {
        UserStatus::Active => {}
        UserStatus::Disabled => {
            end_all_sessions(connection, user, now)?;
            close_all(connection, user, &[], now)?;
        }
    }
    insert_audit(connection, audit)?;
    Ok(StatusOutcome::Changed)
}

fn sign_out(
    connection: &mut SqliteConnection,
    user: UserId,
    now: Timestamp,
    audit: &AuditEvent,
) -> QueryResult<SignOutOutcome> {
    if find_user(connection, user)?.is_none() {
        return Ok(SignOutOutcome::NotFound);
    }
    let sessions = end_all_sessions(connection, user, now)?;
    close_all(connection, user, &[], now)?;
    insert_audit(connection, audit)?;
    Ok(SignOutOutcome::SignedOut { sessions: u64::try_from(sessions).unwrap_or(u64::MAX) })
}

fn delete_user(connection: &mut SqliteConnection, user: UserId, audit: &AuditEvent) -> QueryResult<DeleteOutcome> {
    let id = Id::from(user);
    delete(sessions::table.filter(sessions::user_id.eq(id))).execute(connection)?;
    let open = challenges::table.filter(challenges::user_id.eq(id)).filter(challenges::closed_at.is_null());
    delete(open).execute(connection)?;
    // Authenticator app and recovery codes go with their account.
    if delete(users::table.find(id)).execute(connection)? == 0 {
        return Ok(DeleteOutcome::NotFound);
    }
    insert_audit(connection, audit)?;
    Ok(DeleteOutcome::Deleted)
}

fn take_over(connection: &mut SqliteConnection, import: &Import) -> QueryResult<ImportOutcome> {
    if let Some(created_at) = owner_since(connection, &import.user.email)? {
        return Ok(ImportOutcome::EmailTaken { created_at });
    }
    let values = (UserRow::encode(&import.user), users::verifier.eq(import.verifier.as_str()));
    // A refused row undoes its own statement and nothing of those before it.
    match insert_into(users::table).values(values).execute(connection) {
        Err(error) if fault::is_taken(&error) => Ok(ImportOutcome::PhoneTaken),
        Err(error) => Err(error),
        Ok(_) => {
            insert_audit(connection, &import.audit)?;
            Ok(ImportOutcome::Imported)
        }
    }
}

/// Since when the address has an account.
fn owner_since(connection: &mut SqliteConnection, email: &EmailAddress) -> QueryResult<Option<Timestamp>> {
    let owner = users::table.filter(users::email_key.eq(email.key())).select(users::created_at);
    Ok(owner.first::<i64>(connection).optional()?.map(Timestamp::from_micros))
}
