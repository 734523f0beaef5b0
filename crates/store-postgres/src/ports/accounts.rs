use async_trait::async_trait;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, data_types::PgTimestamp,
    delete, insert_into, update,
};
use diesel_async::RunQueryDsl;
use doorward_app::operator::{Accounts, DeleteOutcome, Import, ImportOutcome, SignOutOutcome, StatusOutcome};
use doorward_kernel::{AuditEvent, StoreError, Timestamp, UserId};
use doorward_user::UserStatus;

use crate::{
    PgStore,
    columns::{instant, stored},
    connection::PgConnection,
    rows::NewUserRow,
    schema::{challenges, sessions, totp_authenticators, users},
    steps::{audit::insert_audit, challenges::close_all, sessions::end_all_sessions, users::lock_user},
    store::Step,
};

/// A new status of an account.
struct Change {
    user: UserId,
    status: UserStatus,
    now: Timestamp,
    audit: AuditEvent,
}

#[async_trait]
impl Accounts for PgStore {
    async fn set_status(
        &self,
        user: UserId,
        status: UserStatus,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<StatusOutcome, StoreError> {
        let change = Change { user, status, now, audit };
        self.write(async |connection| set_status(connection, &change).await).await
    }

    async fn end_sessions(
        &self,
        user: UserId,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<SignOutOutcome, StoreError> {
        self.write(async |connection| sign_out(connection, user, now, &audit).await).await
    }

    async fn delete(&self, user: UserId, audit: AuditEvent) -> Result<DeleteOutcome, StoreError> {
        self.write(async |connection| delete_user(connection, user, &audit).await).await
    }

    async fn import(&self, batch: Vec<Import>) -> Result<Vec<ImportOutcome>, StoreError> {
        self.write(async |connection| take_all_over(connection, &batch).await).await
    }
}

/// The account is locked first: a login before it has committed its session by the second
/// statement, which ends it, and a login after it finds the account disabled.
async fn set_status(
    connection: &mut PgConnection,
    Change { user, status, now, audit }: &Change,
) -> Step<StatusOutcome> {
    let account = users::table.find(user.as_uuid());
    let values = (users::status.eq(status.as_str()), users::updated_at.eq(stored(*now)));
    let changed = update(account.filter(users::status.ne(status.as_str()))).set(values).execute(connection).await?;
    if changed == 0 {
        let found = account.select(users::id).first::<uuid::Uuid>(connection).await.optional()?;
        return Ok(found.map_or(StatusOutcome::NotFound, |_| StatusOutcome::Unchanged));
    }
    match status {
        UserStatus::Active => {}
        UserStatus::Disabled => {
            end_all_sessions(connection, *user, *now).await?;
            close_all(connection, *user, &[], *now).await?;
        }
    }
    insert_audit(connection, audit).await?;
    Ok(StatusOutcome::Changed)
}

async fn sign_out(
    connection: &mut PgConnection,
    user: UserId,
    now: Timestamp,
    audit: &AuditEvent,
) -> Step<SignOutOutcome> {
    if lock_user(connection, user).await?.is_none() {
        return Ok(SignOutOutcome::NotFound);
    }
    let sessions = end_all_sessions(connection, user, now).await?;
    close_all(connection, user, &[], now).await?;
    insert_audit(connection, audit).await?;
    Ok(SignOutOutcome::SignedOut { sessions: u64::try_from(sessions).unwrap_or(u64::MAX) })
}

/// The account is locked first, so that a login before it has committed its session by then.
async fn delete_user(connection: &mut PgConnection, user: UserId, audit: &AuditEvent) -> Step<DeleteOutcome> {
    if lock_user(connection, user).await?.is_none() {
        return Ok(DeleteOutcome::NotFound);
    }
    let id = user.as_uuid();
    delete(sessions::table.filter(sessions::user_id.eq(id))).execute(connection).await?;
    // Before the challenges, as whoever verifies one by a code locks the two in this order.
    delete(totp_authenticators::table.find(id)).execute(connection).await?;
    let open = challenges::table.filter(challenges::user_id.eq(id).and(challenges::closed_at.is_null()));
    delete(open).execute(connection).await?;
    // Recovery codes go with their account.
    delete(users::table.find(id)).execute(connection).await?;
    insert_audit(connection, audit).await?;
    Ok(DeleteOutcome::Deleted)
}

async fn take_all_over(connection: &mut PgConnection, batch: &[Import]) -> Step<Vec<ImportOutcome>> {
    let mut outcomes = Vec::with_capacity(batch.len());
    for import in batch {
        outcomes.push(take_over(connection, import).await?);
    }
    Ok(outcomes)
}

async fn take_over(connection: &mut PgConnection, import: &Import) -> QueryResult<ImportOutcome> {
    let insert = insert_into(users::table).values(NewUserRow::encode(&import.user, &import.verifier));
    // Nothing where another account has the address, or the number as a verified one.
    if insert.on_conflict_do_nothing().execute(connection).await? > 0 {
        insert_audit(connection, &import.audit).await?;
        return Ok(ImportOutcome::Imported);
    }
    let owner = users::table.filter(users::email_key.eq(import.user.email.key())).select(users::created_at);
    let since: Option<PgTimestamp> = owner.first(connection).await.optional()?;
    Ok(since.map_or(ImportOutcome::PhoneTaken, |since| ImportOutcome::EmailTaken { created_at: instant(since) }))
}
