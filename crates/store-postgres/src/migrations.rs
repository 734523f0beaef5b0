use std::{collections::BTreeSet, error::Error};

use diesel::{
    Connection, QueryDsl, QueryResult, QueryableByName,
    connection::SimpleConnection,
    migration::{Migration, MigrationSource},
    pg::Pg,
    result::Error as DatabaseError,
    sql_query,
    sql_types::{Bool, Text},
};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection, async_connection_wrapper::AsyncConnectionWrapper};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use doorward_app::operator::Schema;

use crate::{
    PgSettings, PgSettingsError,
    connection::{Connector, Limits, PgConnection},
    schema::schema_floor,
};

/// The schema's history, as it is compiled in.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Taken while migrations run, so that of nodes that start at once one migrates.
///
/// By a transaction on a connection beside, as behind a pooler no lock outlives its transaction.
const LOCK: &str = "SELECT pg_advisory_xact_lock(4921307785529614336)";

/// A migration may wait for a lock only this long, as all others wait behind it.
const PATIENCE: &str = "SET LOCAL lock_timeout = '3s'";

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
    if !status(&mut guard).await?.lacks_any() {
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

/// Tells of the schema what the database has and what this release does.
///
/// It reads alone, so a role may ask that must not change the schema; Diesel's own harness would
/// make its table where there is none.
pub async fn schema_status(settings: &PgSettings) -> Result<Schema, MigrateError> {
    status(&mut connect(settings).await?).await
}

async fn status(connection: &mut PgConnection) -> Result<Schema, MigrateError> {
    let (applied, floor) =
        connection.transact(&async |connection: &mut PgConnection| history(connection).await).await.map_err(failed)?;
    let migrations: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().map_err(MigrateError::Migration)?;
    let names = migrations.iter().map(|migration| migration.name().to_string()).collect();
    Ok(Schema::new(names, &applied, floor))
}

/// The versions that the database has, by the table that Diesel keeps, and the floor.
async fn history(connection: &mut PgConnection) -> QueryResult<(BTreeSet<String>, Option<String>)> {
    let tables = sql_query(
        "SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS has_history, \
         to_regclass('schema_floor') IS NOT NULL AS has_floor",
    );
    let tables: Tables = tables.get_result(connection).await?;
    let (mut applied, mut floor) = (BTreeSet::new(), None);
    if tables.has_history {
        let rows = sql_query("SELECT version FROM __diesel_schema_migrations");
        let rows: Vec<VersionRow> = rows.load(connection).await?;
        applied.extend(rows.into_iter().map(|row| row.version));
    }
    if tables.has_floor {
        floor = Some(schema_floor::table.select(schema_floor::version).first(connection).await?);
    }
    Ok((applied, floor))
}

#[derive(QueryableByName)]
struct Tables {
    #[diesel(sql_type = Bool)]
    has_history: bool,
    #[diesel(sql_type = Bool)]
    has_floor: bool,
}

#[derive(QueryableByName)]
struct VersionRow {
    #[diesel(sql_type = Text)]
    version: String,
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
