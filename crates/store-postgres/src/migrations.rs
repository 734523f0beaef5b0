use std::{collections::BTreeSet, error::Error};

use diesel::{
    Connection, QueryResult, QueryableByName,
    connection::SimpleConnection,
    migration::{Migration, MigrationSource},
    pg::Pg,
    result::Error as DatabaseError,
    sql_query,
    sql_types::{Nullable, Text},
};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection, async_connection_wrapper::AsyncConnectionWrapper};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::{
    PgSettings, PgSettingsError,
    connection::{Connector, Limits, PgConnection},
};

/// The schema's history, as it is compiled in.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Taken while migrations run, so that of nodes that start at once one migrates.
///
/// By a transaction on a connection beside, as behind a pooler no lock outlives its transaction.
const LOCK: &str = "SELECT pg_advisory_xact_lock(4921307785529614336)";

/// A migration may wait for a lock only this long, as all others wait behind it.
const PATIENCE: &str = "SET LOCAL lock_timeout = '3s'";

/// A step of the schema's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its name, as in `20261130000002_create_users`.
    pub name: String,
    /// Whether the database has it.
    pub is_applied: bool,
}

/// Why the schema could not be looked at or brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database cannot be used as it is set.
    #[error(transparent)]
    Settings(#[from] PgSettingsError),
    /// The database cannot be reached.
    #[error("the database cannot be reached")]
    Connection(#[source] diesel::ConnectionError),
    /// A migration failed, and none of it was kept.
    #[error("a migration failed")]
    Migration(#[source] Box<dyn Error + Send + Sync>),
}

type BlockingConnection = AsyncConnectionWrapper<PgConnection>;

/// Applies what is missing, each migration all or nothing, and names it.
///
/// Where something is missing, waits for other nodes that do the same at the same time.
pub async fn migrate(settings: &PgSettings) -> Result<Vec<String>, MigrateError> {
    let mut guard = connect(settings).await?;
    if status(&mut guard).await?.iter().all(|migration| migration.is_applied) {
        return Ok(Vec::new());
    }
    guard.transact(&async |guard: &mut PgConnection| apply_under(guard, settings).await).await
}

/// Applies what is missing while the transaction of `guard` keeps others from it.
async fn apply_under(guard: &mut PgConnection, settings: &PgSettings) -> Result<Vec<String>, MigrateError> {
    guard.batch_execute(LOCK).await?;
    let mut connection = BlockingConnection::from(connect(settings).await?);
    let run = move || apply(&mut connection);
    tokio::task::spawn_blocking(run).await.map_err(failed)?.map_err(MigrateError::Migration)
}

/// Runs Diesel's own harness, which blocks.
fn apply(connection: &mut BlockingConnection) -> diesel::migration::Result<Vec<String>> {
    let pending = connection.pending_migrations(MIGRATIONS)?;
    for migration in &pending {
        connection.transaction(|connection| {
            SimpleConnection::batch_execute(connection, PATIENCE)?;
            connection.run_migration(migration).map(drop)
        })?;
    }
    Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
}

/// Tells of every migration, oldest first, whether the database has it.
///
/// It reads alone, so a role may ask that must not change the schema; Diesel's own harness would
/// make its table where there is none.
pub async fn migration_status(settings: &PgSettings) -> Result<Vec<MigrationStatus>, MigrateError> {
    status(&mut connect(settings).await?).await
}

async fn status(connection: &mut PgConnection) -> Result<Vec<MigrationStatus>, MigrateError> {
    let applied =
        connection.transact(&async |connection: &mut PgConnection| applied(connection).await).await.map_err(failed)?;
    let migrations: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().map_err(MigrateError::Migration)?;
    let status = migrations.iter().map(|migration| MigrationStatus {
        name: migration.name().to_string(),
        is_applied: applied.contains(&migration.name().version().to_string()),
    });
    let mut status: Vec<_> = status.collect();
    status.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(status)
}

/// The versions that the database has, by the table that Diesel keeps.
async fn applied(connection: &mut PgConnection) -> QueryResult<BTreeSet<String>> {
    let table = sql_query("SELECT to_regclass('__diesel_schema_migrations')::text AS version");
    let rows: Vec<VersionRow> = table.load(connection).await?;
    if rows.iter().all(|row| row.version.is_none()) {
        return Ok(BTreeSet::new());
    }
    let rows: Vec<VersionRow> = sql_query("SELECT version FROM __diesel_schema_migrations").load(connection).await?;
    Ok(rows.into_iter().filter_map(|row| row.version).collect())
}

#[derive(QueryableByName)]
struct VersionRow {
    #[diesel(sql_type = Nullable<Text>)]
    version: Option<String>,
}

async fn connect(settings: &PgSettings) -> Result<PgConnection, MigrateError> {
    let connector = Connector::new(&settings.url, settings.pooling, Limits::Migration)?;
    connector.connect().await.map_err(MigrateError::Connection)
}

impl From<DatabaseError> for MigrateError {
    fn from(error: DatabaseError) -> Self {
        failed(error)
    }
}

fn failed(error: impl Error + Send + Sync + 'static) -> MigrateError {
    MigrateError::Migration(Box::new(error))
}
