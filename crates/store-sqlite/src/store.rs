use std::{
    fmt,
    panic::Location,
    path::{Path, PathBuf},
    sync::Arc,
};

use diesel::{QueryResult, SqliteConnection, connection::SimpleConnection as _};
use doorward_app::{operator::Schema, sessions::SessionCounts};
use doorward_kernel::StoreError;
use tracing::Instrument as _;

use crate::{
    SqliteSettings, connection, disk, file, migrations,
    readers::Readers,
    span,
    writer::{StepResult, Writer},
};

/// Every store on one SQLite file; cheap to clone.
///
/// A write is done when its future ends with `Ok`, and it goes on when the future is dropped.
#[derive(Clone)]
pub struct SqliteStore(Arc<Inner>);

struct Inner {
    path: PathBuf,
    settings: SqliteSettings,
    writer: Writer,
    readers: Readers,
    session_counts: Arc<SessionCounts>,
}

impl SqliteStore {
    /// Opens the database and makes its file when it is missing; does not migrate it.
    ///
    /// Blocks for some milliseconds: call it where the process starts.
    pub fn open(settings: SqliteSettings) -> Result<Self, StoreError> {
        let path = file::prepare(&settings.path).map_err(StoreError::unavailable)?;
        let writer = Writer::start(connection::open_writer(&path, &settings)?, settings.queue)?;
        let readers = Readers::open(&path, &settings)?;
        Ok(Self(Arc::new(Inner { path, settings, writer, readers, session_counts: Arc::default() })))
    }

    /// Accounts that have few sessions.
    pub(crate) fn session_counts(&self) -> Arc<SessionCounts> {
        self.0.session_counts.clone()
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The transactions committed so far; writes that wait together share one.
    pub fn commits(&self) -> u64 {
        self.0.writer.commits()
    }

    /// Applies the migrations that are missing, all or nothing, and names them.
    pub async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        self.apart(migrations::run).await
    }

    /// The schema: what the database has of it and what this release does.
    pub async fn schema_status(&self) -> Result<Schema, StoreError> {
        self.apart(migrations::status).await
    }

    /// Fails where no write would be kept.
    ///
    /// Writes, a page, only where the disk has hardly room left or takes nothing, so it may be asked every second.
    pub async fn check_writable(&self) -> Result<(), StoreError> {
        let store = self.clone();
        self.write(move |connection| {
            if disk::may_refuse(&store.0.path) {
                // The value is nobody's, and setting it writes a page whatever it was.
                connection.batch_execute("PRAGMA user_version = 0")?;
            }
            Ok(())
        })
        .await
    }

    /// Does what still waits, empties the write-ahead log into the file and closes it.
    ///
    /// Every later call fails as unavailable.
    pub async fn close(&self) {
        self.0.readers.close();
        self.0.writer.close().await;
    }

    #[track_caller]
    pub(crate) fn write<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> StepResult<R> + Send + 'static,
    ) -> impl Future<Output = Result<R, StoreError>> {
        let span = span::step(Location::caller());
        let on_writer = span.clone();
        self.0.writer.write(move |connection| on_writer.in_scope(|| work(connection))).instrument(span)
    }

    #[track_caller]
    pub(crate) fn read<R>(&self, query: impl FnMut(&mut SqliteConnection) -> QueryResult<R>) -> Result<R, StoreError> {
        span::step(Location::caller()).in_scope(|| self.0.readers.read(query))
    }

    /// Runs slow work on a connection and a thread of its own.
    async fn apart<R: Send + 'static>(
        &self,
        work: fn(&mut SqliteConnection) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        let store = self.clone();
        let task = move || work(&mut connection::open_writer(&store.0.path, &store.0.settings)?);
        tokio::task::spawn_blocking(task).await.map_err(StoreError::failed)?
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}
