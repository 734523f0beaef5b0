use std::{sync::Arc, time::Duration};

use anyhow::Context;
use doorward_app::{Store, operator::Schema};
use doorward_kernel::{StoreError, Timestamp};
use doorward_store_postgres::{PgSettings, PgStore, PoolUse, Pooling};
use doorward_store_sqlite::{SqliteSettings, SqliteStore};

use super::schema::check;
use crate::settings::{self, DatabaseUrl};

/// The longest time that the database may take to answer whether it takes writes.
const PATIENCE: Duration = Duration::from_secs(3);

/// The database, whichever it is.
#[derive(Clone)]
pub(crate) enum Database {
    /// A PostgreSQL server.
    Postgres(PgStore, PgSettings),
    /// A SQLite file.
    Sqlite(SqliteStore),
}

impl Database {
    /// Opens the database; must be called on the runtime that will drive it.
    pub(crate) fn open(settings: &settings::Database) -> anyhow::Result<Self> {
        match &settings.url {
            DatabaseUrl::Postgres(url) => {
                let pool_size = usize::try_from(settings.pool_size).unwrap_or(usize::MAX);
                let pooling = if settings.prepared_statements { Pooling::Session } else { Pooling::Transaction };
                let settings = PgSettings { url: url.reveal().clone(), pool_size, pooling };
                Ok(Self::Postgres(PgStore::new(&settings)?, settings))
            }
            DatabaseUrl::Sqlite(path) => {
                let store = SqliteStore::open(SqliteSettings::new(path));
                Ok(Self::Sqlite(store.with_context(|| format!("{} cannot be opened", path.display()))?))
            }
        }
    }

    /// Applies the migrations that are missing and names them.
    pub(crate) async fn migrate(&self) -> anyhow::Result<Vec<String>> {
        Ok(match self {
            Self::Postgres(_, settings) => doorward_store_postgres::migrate(settings).await?,
            Self::Sqlite(store) => store.migrate().await?,
        })
    }

    /// The schema: what the database has of it and what this release does.
    pub(crate) async fn schema(&self) -> anyhow::Result<Schema> {
        Ok(match self {
            Self::Postgres(_, settings) => doorward_store_postgres::schema_status(settings).await?,
            Self::Sqlite(store) => store.schema_status().await?,
        })
    }

    /// Migrates when the settings say so, and refuses a database that is behind, or too far ahead.
    pub(crate) async fn prepare(&self, migrate: bool) -> anyhow::Result<()> {
        let schema = async || self.schema().await.context("the database cannot be asked for its migrations");
        let mut found = schema().await?;
        if migrate && found.lacks_any() {
            let applied = self.migrate().await.context("the database cannot be migrated")?;
            tracing::info!(migrations = applied.len(), "migrated the database");
            found = schema().await?;
        }
        check(&found)
    }

    /// Its ports.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Postgres(store, _) => Arc::new(store.clone()),
            Self::Sqlite(store) => Arc::new(store.clone()),
        }
    }

    /// Returns whether the database answers and takes writes.
    pub(crate) async fn is_writable(&self) -> bool {
        let answer = async {
            match self {
                Self::Postgres(store, _) => store.is_writable().await,
                Self::Sqlite(store) => store.check_writable().await.map(|()| true),
            }
        };
        matches!(tokio::time::timeout(PATIENCE, answer).await, Ok(Ok(true)))
    }

    /// Returns the time of the database's own clock, where it has one.
    pub(crate) async fn now(&self) -> Result<Option<Timestamp>, StoreError> {
        match self {
            Self::Postgres(store, _) => store.database_now().await.map(Some),
            Self::Sqlite(_) => Ok(None),
        }
    }

    /// Returns how the connections are used now, where there are several.
    pub(crate) fn pool_use(&self) -> Option<PoolUse> {
        match self {
            Self::Postgres(store, _) => Some(store.pool_use()),
            Self::Sqlite(_) => None,
        }
    }

    /// Leaves the database in order.
    pub(crate) async fn close(&self) {
        match self {
            Self::Postgres(..) => {}
            Self::Sqlite(store) => store.close().await,
        }
    }
}
