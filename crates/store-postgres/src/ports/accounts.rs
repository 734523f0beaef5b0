use async_trait::async_trait;
use diesel::{BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use doorward_app::operator::{Accounts, StatusOutcome};
use doorward_kernel::{AuditEvent, StoreError, Timestamp, UserId};
use doorward_user::UserStatus;

use crate::{
    PgStore,
    rows::stored,
    schema::users,
    sql::Statement,
    steps::{audit, challenges, sessions},
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
}

/// The account is locked first: a login before it has committed its session by the second
/// statement, which ends it, and a login after it finds the account disabled.
async fn set_status(
    connection: &mut AsyncPgConnection,
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
        parts.push(sessions::end_all(*user, None, *now));
        parts.extend(challenges::close_all(*user, *now));
    }
    if let Some(statement) = Statement::all(parts) {
        statement.execute(connection).await?;
    }
    Ok(StatusOutcome::Changed)
}
