use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper, SqliteConnection,
    dsl::{exists, not},
};
use doorward_app::recovery::{CompleteReset, Recoveries, ResetOutcome};
use doorward_kernel::{EmailAddress, StoreError, Timestamp};
use doorward_user::User;

use crate::{
    SqliteStore,
    rows::{EMAIL, UserRow},
    schema::{identifier_changes, users},
    steps::{
        audit::insert_audit,
        challenges::{close_all, close_challenge},
        messages::insert_messages,
        sessions::end_all_sessions,
        users::{find_active, set_verifier},
    },
};

#[async_trait]
impl Recoveries for SqliteStore {
    async fn find(&self, email: &EmailAddress, since: Timestamp) -> Result<Option<User>, StoreError> {
        self.read(|connection| find(connection, email, since))
    }

    async fn complete(&self, complete: CompleteReset) -> Result<ResetOutcome, StoreError> {
        self.write(move |connection| Ok(finish(connection, &complete)?)).await
    }
}

fn find(connection: &mut SqliteConnection, email: &EmailAddress, since: Timestamp) -> QueryResult<Option<User>> {
    let changed = identifier_changes::table
        .filter(identifier_changes::user_id.eq(users::id))
        .filter(identifier_changes::at.ge(since.as_micros()))
        .filter(identifier_changes::kind.eq(EMAIL));
    let row = users::table.filter(users::email_key.eq(email.key())).filter(not(exists(changed)));
    row.select(UserRow::as_select()).first(connection).optional()?.map(UserRow::decode).transpose()
}

fn finish(connection: &mut SqliteConnection, complete: &CompleteReset) -> QueryResult<ResetOutcome> {
    let CompleteReset { challenge, user, now, .. } = *complete;
    if !close_challenge(connection, challenge, now)? || find_active(connection, user)?.is_none() {
        return Ok(ResetOutcome::Closed);
    }
    end_all_sessions(connection, user, now)?;
    let changed = set_verifier(connection, user, &complete.verifier, now)?;
    close_all(connection, user, &[], now)?;
    insert_messages(connection, &complete.notices)?;
    insert_audit(connection, &complete.audit)?;
    Ok(ResetOutcome::Reset(changed))
}
