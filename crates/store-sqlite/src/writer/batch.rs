use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use diesel::{QueryResult, SqliteConnection, connection::SimpleConnection, result::Error};
use doorward_kernel::StoreError;

use super::job::{Fate, Job};
use crate::fault;

/// The transaction that a step shared with others was not committed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the transaction was not committed")]
struct NotCommitted(#[source] Arc<Error>);

/// Runs the jobs in one transaction, each in its savepoint, and answers them after the commit.
///
/// Counts the commit before anybody is answered.
pub(super) fn commit(connection: &mut SqliteConnection, mut jobs: Vec<Box<dyn Job>>, commits: &AtomicU64) {
    let commit = attempt(connection, &mut jobs).map_err(|error| {
        // Fails when SQLite has rolled back already, as it may after a full disk.
        let _ = connection.batch_execute("ROLLBACK");
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
    for job in jobs {
        connection.batch_execute("SAVEPOINT step")?;
        match job.run(connection) {
            Fate::Keep => connection.batch_execute("RELEASE step")?,
            Fate::Undo => connection.batch_execute("ROLLBACK TO step; RELEASE step")?,
        }
    }
    connection.batch_execute("COMMIT")
}

/// Takes the write lock at once: a transaction that reads first could never get it.
fn begin(connection: &mut SqliteConnection) -> QueryResult<()> {
    for _ in 1..fault::TRIES {
        match connection.batch_execute("BEGIN IMMEDIATE") {
            Err(error) if fault::is_locked(&error) => {}
            result => return result,
        }
    }
    connection.batch_execute("BEGIN IMMEDIATE")
}
