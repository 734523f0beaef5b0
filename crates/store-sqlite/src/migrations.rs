use diesel::{SqliteConnection, migration::MigrationSource, result::Error, sqlite::Sqlite};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use doorward_kernel::StoreError;

/// The schema's history, as it is compiled in.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// A step of the schema's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its name, as in `20261130000002_create_users`.
    pub name: String,
    /// Whether the database has it.
    pub is_applied: bool,
}

/// Applies what is missing, all or nothing, and names it.
///
/// The lock is taken before anything is looked up, so of processes that start at once one migrates.
pub(crate) fn run(connection: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    let apply = |connection: &mut SqliteConnection| {
        let pending = pending(connection)?;
        connection.run_pending_migrations(MIGRATIONS).map_err(Error::QueryBuilderError)?;
        Ok(pending)
    };
    connection.immediate_transaction(apply).map_err(crate::fault::store_error)
}

/// Tells of every step, oldest first, whether the database has it.
pub(crate) fn status(connection: &mut SqliteConnection) -> Result<Vec<MigrationStatus>, StoreError> {
    let pending = pending(connection).map_err(crate::fault::store_error)?;
    let status = |name: String| MigrationStatus { is_applied: !pending.contains(&name), name };
    Ok(names().map_err(StoreError::Failed)?.into_iter().map(status).collect())
}

fn pending(connection: &mut SqliteConnection) -> Result<Vec<String>, Error> {
    let pending = connection.pending_migrations(MIGRATIONS).map_err(Error::QueryBuilderError)?;
    Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
}

fn names() -> diesel::migration::Result<Vec<String>> {
    let mut names: Vec<_> = MigrationSource::<Sqlite>::migrations(&MIGRATIONS)?
        .iter()
        .map(|migration| migration.name().to_string())
        .collect();
    names.sort();
    Ok(names)
}
