use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult,
    data_types::PgTimestamp,
    sql_query,
    sql_types::{Nullable, Timestamptz},
};
use diesel_async::RunQueryDsl;
use doorward_app::operator::{Import, ImportOutcome, Imports};
use doorward_kernel::StoreError;

use crate::{
    PgStore,
    connection::PgConnection,
    rows::{instant, stored},
    schema::users,
    steps::{audit::insert_audit, users::bind_user},
    store::Abort,
};

/// Nothing where another account has the address, or the number as a verified one.
const INSERT: &str = "INSERT INTO users (id, first_name, last_name, email, email_key, phone, phone_verified_at, locale, \
    status, verifier, created_at, updated_at, totp_enabled_at, phone_used_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING";

#[async_trait]
impl Imports for PgStore {
    async fn import(&self, batch: Vec<Import>) -> Result<Vec<ImportOutcome>, StoreError> {
        self.transaction(&batch, |connection, batch| Box::pin(take_all_over(connection, batch))).await
    }
}

async fn take_all_over(
    connection: &mut PgConnection,
    batch: &[Import],
) -> Result<Vec<ImportOutcome>, Abort<Vec<ImportOutcome>>> {
    let mut outcomes = Vec::with_capacity(batch.len());
    for import in batch {
        outcomes.push(take_over(connection, import).await?);
    }
    Ok(outcomes)
}

async fn take_over(connection: &mut PgConnection, import: &Import) -> QueryResult<ImportOutcome> {
    let insert = bind_user(sql_query(INSERT).into_boxed(), &import.user, &import.verifier)
        .bind::<Nullable<Timestamptz>, _>(import.user.logins.number_used_at.map(stored));
    if insert.execute(connection).await? > 0 {
        insert_audit(connection, &import.audit).await?;
        return Ok(ImportOutcome::Imported);
    }
    let owner = users::table.filter(users::email_key.eq(import.user.email.key())).select(users::created_at);
    let since: Option<PgTimestamp> = owner.first(connection).await.optional()?;
    Ok(since.map_or(ImportOutcome::PhoneTaken, |since| ImportOutcome::EmailTaken { created_at: instant(since) }))
}
