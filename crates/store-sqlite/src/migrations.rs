use diesel::{QueryDsl, RunQueryDsl, SqliteConnection, migration::MigrationSource, result::Error, sqlite::Sqlite};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use doorward_app::operator::Schema;
use doorward_kernel::StoreError;

use crate::schema::schema_floor;

/// The schema's history, as it is compiled in.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

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

/// Tells of the schema what the database has and what this release does.
pub(crate) fn status(connection: &mut SqliteConnection) -> Result<Schema, StoreError> {
    let names = names().map_err(StoreError::Failed)?;
    let applied = connection.applied_migrations().map_err(StoreError::Failed)?;
    let schema = Schema::new(names, &applied.iter().map(ToString::to_string).collect(), None);
    let floor = schema_floor::table.select(schema_floor::version);
    let floor = (!schema.lacks_any()).then(|| floor.first(connection)).transpose();
    Ok(Schema { floor: floor.map_err(crate::fault::store_error)?, ..schema })
}

fn pending(connection: &mut SqliteConnection) -> Result<Vec<String>, Error> {
    let pending = connection.pending_migrations(MIGRATIONS).map_err(Error::QueryBuilderError)?;
    Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
}

fn names() -> diesel::migration::Result<Vec<String>> {
    let migrations = MigrationSource::<Sqlite>::migrations(&MIGRATIONS)?;
    Ok(migrations.iter().map(|migration| migration.name().to_string()).collect())
}
