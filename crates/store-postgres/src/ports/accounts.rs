use async_trait::async_trait;
use diesel::{BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;
use doorward_app::operator::{Accounts, DeleteOutcome, SignOutOutcome, StatusOutcome};
use doorward_kernel::{AuditEvent, StoreError, Timestamp, UserId};
use doorward_user::UserStatus;

use crate::{
    PgStore,
    connection::PgConnection,
    rows::stored,
    schema::{self, users},
    sql::Statement,
    steps::{audit, challenges, sessions, users as steps},
    store::Abort,
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
        self.transaction(&change, |connection, change| Box::pin(set_status(connection, change))).await
    }

    async fn end_sessions(
        &self,
        user: UserId,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<SignOutOutcome, StoreError> {
        self.transaction(&(user, now, audit), |connection, (user, now, audit)| {
            Box::pin(sign_out(connection, *user, *now, audit))
        })
        .await
    }

    async fn delete(&self, user: UserId, audit: AuditEvent) -> Result<DeleteOutcome, StoreError> {
        self.transaction(&(user, audit), |connection, (user, audit)| Box::pin(delete(connection, *user, audit))).await
    }
}

/// The account is locked first: a login before it has committed its session by the second
/// statement, which ends it, and a login after it finds the account disabled.
async fn set_status(
    connection: &mut PgConnection,
    Change { user, status, now, audit }: &Change,
) -> Result<StatusOutcome, Abort<StatusOutcome>> {
    let account = users::table.find(user.as_uuid());
    let changed =
        diesel::update(users::table.filter(users::id.eq(user.as_uuid()).and(users::status.ne(status.as_str()))))
            .set((users::status.eq(status.as_str()), users::updated_at.eq(stored(*now))))
            .execute(connection)
            .await?;
    if changed == 0 {
        let found = account.select(users::id).first::<uuid::Uuid>(connection).await.optional()?;
        return Ok(found.map_or(StatusOutcome::NotFound, |_| StatusOutcome::Unchanged));
    }
    let mut parts = vec![audit::insert(audit)];
    if *status == UserStatus::Disabled {
        parts.extend([sessions::end_all(*user, None, *now), steps::forget_devices(*user)]);
        parts.extend(challenges::close_all(*user, &[], *now));
    }
    if let Some(statement) = Statement::all(parts) {
        statement.execute(connection).await?;
    }
    Ok(StatusOutcome::Changed)
}

async fn sign_out(
    connection: &mut PgConnection,
    user: UserId,
    now: Timestamp,
    audit: &AuditEvent,
) -> Result<SignOutOutcome, Abort<SignOutOutcome>> {
    if steps::lock(connection, user, std::iter::empty()).await?.is_none() {
        return Ok(SignOutOutcome::NotFound);
    }
    let sessions = Statement::one(sessions::end_all(user, None, now)).execute(connection).await?;
    let mut parts = Vec::from(challenges::close_all(user, &[], now));
    parts.push(steps::forget_devices(user));
    parts.push(audit::insert(audit));
    if let Some(statement) = Statement::all(parts) {
        statement.execute(connection).await?;
    }
    Ok(SignOutOutcome::SignedOut { sessions: u64::try_from(sessions).unwrap_or(u64::MAX) })
}

/// The account is locked first, so that a login before it has committed its session by then.
async fn delete(
    connection: &mut PgConnection,
    user: UserId,
    audit: &AuditEvent,
) -> Result<DeleteOutcome, Abort<DeleteOutcome>> {
    if steps::lock(connection, user, std::iter::empty()).await?.is_none() {
        return Ok(DeleteOutcome::NotFound);
    }
    let id = user.as_uuid();
    let sessions = schema::sessions::table.filter(schema::sessions::user_id.eq(id));
    diesel::delete(sessions).execute(connection).await?;
    // Before the challenges, as whoever proves one by a code locks the two in this order.
    diesel::delete(schema::totp_authenticators::table.find(id)).execute(connection).await?;
    let challenges = schema::challenges::table
        .filter(schema::challenges::user_id.eq(id).and(schema::challenges::closed_at.is_null()));
    diesel::delete(challenges).execute(connection).await?;
    // Recovery codes go with their account.
    diesel::delete(users::table.find(id)).execute(connection).await?;
    Statement::one(audit::insert(audit)).execute(connection).await?;
    Ok(DeleteOutcome::Deleted)
}
