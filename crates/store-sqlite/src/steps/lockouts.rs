use diesel::{QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, delete};
use doorward_limit::LockoutKey;

use crate::schema::lockouts;

/// Clears the lockouts.
pub(crate) fn clear(connection: &mut SqliteConnection, keys: &[LockoutKey]) -> QueryResult<()> {
    for key in keys {
        delete(lockouts::table.find((&key.authenticator[..], &key.caller[..]))).execute(connection)?;
    }
    Ok(())
}
