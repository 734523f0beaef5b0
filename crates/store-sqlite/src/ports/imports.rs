use async_trait::async_trait;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, insert_into};
use doorward_app::operator::{Import, ImportOutcome, Imports};
use doorward_kernel::{EmailAddress, StoreError, Timestamp};

use crate::{SqliteStore, fault, rows::UserRow, schema::users, steps::audit::insert_audit};

#[async_trait]
impl Imports for SqliteStore {
    async fn import(&self, batch: Vec<Import>) -> Result<Vec<ImportOutcome>, StoreError> {
        let step = move |connection: &mut SqliteConnection| {
            batch.iter().map(|import| Ok(take_over(connection, import)?)).collect()
        };
        self.write(step).await
    }
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
