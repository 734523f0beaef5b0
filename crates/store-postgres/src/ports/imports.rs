use async_trait::async_trait;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, data_types::PgTimestamp};
use diesel_async::RunQueryDsl;
use doorward_app::operator::{Import, ImportOutcome, Imports};
use doorward_kernel::StoreError;

use crate::{
    PgStore,
    connection::PgConnection,
    rows::instant,
    schema::users,
    sql::Statement,
    steps::{audit, users as steps},
    store::Abort,
};

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
    let made = Statement::with("made", steps::insert_unless_taken(&import.user, &import.verifier))
        .then(audit::insert(&import.audit).guarded_by("made"))
        .execute(connection)
        .await?;
    if made == 1 {
        return Ok(ImportOutcome::Imported);
    }
    let owner = users::table.filter(users::email_key.eq(import.user.email.key())).select(users::created_at);
    let since: Option<PgTimestamp> = owner.first(connection).await.optional()?;
    Ok(since.map_or(ImportOutcome::PhoneTaken, |since| ImportOutcome::EmailTaken { created_at: instant(since) }))
}
