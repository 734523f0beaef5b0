use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper,
    dsl::{exists, not},
    sql_types::{Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_app::recovery::{CompleteReset, Recoveries, ResetOutcome};
use doorward_kernel::{EmailAddress, StoreError, Timestamp};
use doorward_user::User;

use crate::{
    PgStore,
    connection::PgConnection,
    rows::{UserRow, decode, stored, user_columns},
    schema::{identifier_changes, users},
    sql::{Sql, Statement},
    steps::{self, audit, challenges, messages, sessions},
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
    let found = steps::users::lock(connection, user, std::iter::empty()).await?;
    let closed = Statement::one(challenges::close(challenge, now)).execute(connection).await?;
    if closed == 0 || !found.is_some_and(|user| user.is_active()) {
        return Ok(ResetOutcome::Closed);
    }
    let rows: Vec<UserRow> = Statement::one(set_verifier(complete)).load(connection).await?;
    let Some(row) = rows.into_iter().next() else { return Ok(ResetOutcome::Closed) };
    let mut parts = vec![sessions::end_all(user, None, now)];
    parts.extend(challenges::close_all(user, &[], now));
    parts.extend(complete.notices.iter().map(messages::insert));
    parts.push(audit::insert(&complete.audit));
    if let Some(statement) = Statement::all(parts) {
        statement.execute(connection).await?;
    }
    Ok(ResetOutcome::Reset(decode(row)?))
}

fn set_verifier(complete: &CompleteReset) -> Sql<'_> {
    Sql::new(concat!(
        "UPDATE users SET verifier = $2, updated_at = $3, device_generation = device_generation + 1 WHERE id = $1 \
         RETURNING ",
        user_columns!()
    ))
    .bind::<Uuid, _>(complete.user.as_uuid())
    .bind::<Text, _>(complete.verifier.as_str())
    .bind::<Timestamptz, _>(stored(complete.now))
}
