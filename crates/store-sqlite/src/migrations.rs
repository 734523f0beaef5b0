use diesel::{QueryDsl, RunQueryDsl, SqliteConnection, migration::MigrationSource, result::Error, sqlite::Sqlite};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use doorward_kernel::StoreError;

use crate::schema::schema_floor;

/// The schema's history, as it is compiled in.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// The schema of a database beside what this release knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaStatus {
    /// Every migration, oldest first.
    pub migrations: Vec<MigrationStatus>,
    /// The version of the oldest migration that a release must know to work on it; `None` before it is migrated.
    pub floor: Option<String>,
}

/// A step of the schema's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its name, as in `20261130000002_create_users`; of one that a newer release has applied the version alone.
    pub name: String,
    /// Whether the database has it.
    pub is_applied: bool,
    /// Whether this release has it.
    pub is_known: bool,
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

/// Tells of the schema what the database has and what this release does.
pub(crate) fn status(connection: &mut SqliteConnection) -> Result<SchemaStatus, StoreError> {
    let pending = pending(connection).map_err(crate::fault::store_error)?;
    let applied = connection.applied_migrations().map_err(StoreError::Failed)?;
    let names = names().map_err(StoreError::Failed)?;
    let is_known = |version: &String| names.iter().any(|name| name.split('_').next() == Some(version));
    let newer = applied.iter().map(ToString::to_string).filter(|version| !is_known(version));
    let newer = newer.map(|name| MigrationStatus { name, is_applied: true, is_known: false });
    let known = names.iter().map(|name| {
        let is_applied = !pending.contains(name);
        MigrationStatus { name: name.clone(), is_applied, is_known: true }
    });
    let mut migrations: Vec<_> = known.chain(newer).collect();
    migrations.sort_by(|one, other| one.name.cmp(&other.name));
    let lacks_any = migrations.iter().any(|migration| !migration.is_applied);
    let floor = schema_floor::table.select(schema_floor::version);
    let floor = (!lacks_any).then(|| floor.first(connection)).transpose().map_err(crate::fault::store_error)?;
    Ok(SchemaStatus { migrations, floor })
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
