use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use diesel::{
    QueryResult, RunQueryDsl, SqliteConnection,
    query_builder::{AstPass, QueryFragment, QueryId},
    result::Error,
    sqlite::Sqlite,
};
use doorward_kernel::StoreError;

use super::job::{Fate, Job};
use crate::fault;

/// The transaction that a step shared with others was not committed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the transaction was not committed")]
struct NotCommitted(#[source] Arc<Error>);

/// A statement that begins or ends something, kept prepared by its connection.
struct Control(&'static str);

const BEGIN: Control = Control("BEGIN IMMEDIATE");
const COMMIT: Control = Control("COMMIT");
const ROLLBACK: Control = Control("ROLLBACK");
const SAVE: Control = Control("SAVEPOINT step");
const KEEP: Control = Control("RELEASE step");
const UNDO: Control = Control("ROLLBACK TO step");

/// Runs the jobs in one transaction, each in its savepoint, and answers them after the commit.
///
/// Counts the commit before anybody is answered.
pub(super) fn commit(connection: &mut SqliteConnection, mut jobs: Vec<Box<dyn Job>>, commits: &AtomicU64) {
    let commit = attempt(connection, &mut jobs).map_err(|error| {
        // Fails when SQLite has rolled back already, as it may after a full disk.
        let _ = ROLLBACK.run(connection);
        tracing::error!(steps = jobs.len(), %error, "a transaction was not committed");
        NotCommitted(Arc::new(error))
    });
    if commit.is_ok() {
        commits.fetch_add(1, Ordering::Relaxed);
    }
    for job in jobs {
        job.answer(commit.clone().map_err(StoreError::unavailable));
    }
}

fn attempt(connection: &mut SqliteConnection, jobs: &mut [Box<dyn Job>]) -> QueryResult<()> {
    begin(connection)?;
    if let [job] = jobs {
        // One alone needs no savepoint: the transaction is its own.
        return match job.run(connection) {
            Fate::Keep => COMMIT.run(connection),
            Fate::Undo => ROLLBACK.run(connection),
        };
    }
    for job in jobs {
        SAVE.run(connection)?;
        if job.run(connection) == Fate::Undo {
            UNDO.run(connection)?;
        }
        KEEP.run(connection)?;
    }
    COMMIT.run(connection)
}

/// Takes the write lock at once: a transaction that reads first could never get it.
fn begin(connection: &mut SqliteConnection) -> QueryResult<()> {
    for _ in 1..fault::TRIES {
        match BEGIN.run(connection) {
            Err(error) if fault::is_locked(&error) => {}
            result => return result,
        }
    }
    BEGIN.run(connection)
}

impl Control {
    fn run(self, connection: &mut SqliteConnection) -> QueryResult<()> {
        self.execute(connection).map(drop)
    }
}

impl QueryFragment<Sqlite> for Control {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}

impl QueryId for Control {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<SqliteConnection> for Control {}
