use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper,
    dsl::{exists, not},
};
use diesel_async::RunQueryDsl;
use doorward_app::recovery::{CompleteReset, Recoveries, ResetOutcome};
use doorward_kernel::{EmailAddress, StoreError, Timestamp};
use doorward_user::User;

use crate::{
    PgStore,
    connection::PgConnection,
    rows::{UserRow, decode, stored},
    schema::{identifier_changes, users},
    steps::{
        challenges::{close_all, close_challenge},
        messages::insert_notices,
        sessions::end_all_sessions,
        users::{lock_active, set_verifier},
    },
    store::Abort,
};

#[async_trait]
impl Recoveries for PgStore {
    async fn find(&self, email: &EmailAddress, since: Timestamp) -> Result<Option<User>, StoreError> {
        self.repeatable(&(email, since), |connection, (email, since)| {
            Box::pin(async {
                let changed = identifier_changes::table
                    .filter(identifier_changes::user_id.eq(users::id))
                    .filter(identifier_changes::at.ge(stored(*since)))
                    .filter(identifier_changes::kind.eq("email"));
                let user = users::table.filter(users::email_key.eq(email.key())).filter(not(exists(changed)));
                user.select(UserRow::as_select()).first(connection).await.optional()?.map(decode).transpose()
            })
        })
        .await
    }

    async fn complete(&self, complete: CompleteReset) -> Result<ResetOutcome, StoreError> {
        self.transaction(&complete, |connection, complete| Box::pin(finish(connection, complete))).await
    }
}

async fn finish(connection: &mut PgConnection, complete: &CompleteReset) -> Result<ResetOutcome, Abort<ResetOutcome>> {
    let CompleteReset { challenge, user, now, .. } = *complete;
    let found = lock_active(connection, user).await?;
    if !close_challenge(connection, challenge, now).await? || found.is_none() {
        return Ok(ResetOutcome::Closed);
    }
    end_all_sessions(connection, user, now).await?;
    let changed = set_verifier(connection, user, &complete.verifier, now).await?;
    close_all(connection, user, &[], now).await?;
    insert_notices(connection, &complete.notices, &complete.audit).await?;
    Ok(ResetOutcome::Reset(changed))
}
