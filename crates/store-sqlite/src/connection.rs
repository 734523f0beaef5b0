use std::path::Path;

use diesel::{
    Connection, QueryableByName, RunQueryDsl, SqliteConnection, connection::SimpleConnection, sql_query,
    sql_types::Text,
};
use doorward_kernel::StoreError;

use crate::{SqliteSettings, fault};

#[derive(QueryableByName)]
struct JournalMode {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}

/// Opens a connection that writes, and puts the file into WAL mode.
pub(crate) fn open_writer(path: &Path, settings: &SqliteSettings) -> Result<SqliteConnection, StoreError> {
    let mut connection = open(path, settings)?;
    let mode: JournalMode =
        sql_query("PRAGMA journal_mode = WAL").get_result(&mut connection).map_err(fault::store_error)?;
    if mode.journal_mode != "wal" {
        return Err(StoreError::failed("the file system of the database does not support its write-ahead log"));
    }
    // What is forgotten must not linger in free pages, as far as that costs no further I/O; and a log
    // of 16 MB lets many commits share the way of a page into the file.
    let pragmas = format!(
        "PRAGMA synchronous = {}; PRAGMA secure_delete = FAST; PRAGMA wal_autocheckpoint = 4000;",
        settings.synchronous.as_str()
    );
    connection.batch_execute(&pragmas).map_err(fault::store_error)?;
    Ok(connection)
}

/// Opens a connection that only reads; a writer must have been opened before.
pub(crate) fn open_reader(path: &Path, settings: &SqliteSettings) -> Result<SqliteConnection, StoreError> {
    let mut connection = open(path, settings)?;
    connection.batch_execute("PRAGMA query_only = ON;").map_err(fault::store_error)?;
    Ok(connection)
}

fn open(path: &Path, settings: &SqliteSettings) -> Result<SqliteConnection, StoreError> {
    let path = path.to_str().ok_or_else(|| StoreError::failed("the path of the database is not UTF-8"))?;
    let mut connection = SqliteConnection::establish(path).map_err(StoreError::unavailable)?;
    let wait = settings.busy_timeout.as_millis() / u128::from(fault::TRIES);
    let pragmas = format!(
        "PRAGMA busy_timeout = {wait}; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; \
         PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192;"
    );
    connection.batch_execute(&pragmas).map_err(fault::store_error)?;
    Ok(connection)
}
