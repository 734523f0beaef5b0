use async_trait::async_trait;
use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, update};
use doorward_app::operator::{Accounts, StatusOutcome};
use doorward_kernel::{AuditEvent, StoreError, Timestamp, UserId};
use doorward_user::UserStatus;

use crate::{
    SqliteStore,
    columns::Id,
    schema::users,
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
            close_all(connection, user, now)?;
        }
    }
    insert_audit(connection, audit)?;
    Ok(StatusOutcome::Changed)
}
