use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
};

use diesel::{SqliteConnection, connection::SimpleConnection};
use doorward_kernel::StoreError;
use tokio::sync::{oneshot, watch};

use super::{
    batch,
    job::{Call, Job, StepResult},
};

/// The most steps that share a commit: enough to hide an `fsync`, few enough to answer soon.
const BATCH: usize = 64;

/// The one thread that writes, and the queue before it.
pub(crate) struct Writer {
    queue: Mutex<Option<SyncSender<Box<dyn Job>>>>,
    commits: Arc<AtomicU64>,
    finished: watch::Receiver<()>,
}

impl Writer {
    /// Starts the thread; it ends when the writer is closed or dropped.
    pub(crate) fn start(connection: SqliteConnection, queue: usize) -> Result<Self, StoreError> {
        let (sender, jobs) = sync_channel(queue.max(1));
        let (running, finished) = watch::channel(());
        let commits = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&commits);
        let work = move || {
            write_all(connection, &jobs, &counter);
            drop(running);
        };
        thread::Builder::new().name("sqlite-writer".to_owned()).spawn(work).map_err(StoreError::unavailable)?;
        Ok(Self { queue: Mutex::new(Some(sender)), commits, finished })
    }

    /// Runs a step, alone in its savepoint, and ends once it is committed or undone.
    ///
    /// The step is done even if the caller goes away before.
    pub(crate) async fn write<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> StepResult<R> + Send + 'static,
    ) -> Result<R, StoreError> {
        self.submit(work)?.await.map_err(StoreError::unavailable)?
    }

    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Takes no more steps, and ends when those that wait are done and the file is closed.
    pub(crate) async fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        // An error says that the thread has ended.
        let _ = self.finished.clone().changed().await;
    }

    pub(super) fn submit<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> StepResult<R> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<R, StoreError>>, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Box::new(Call::new(work, reply)))?;
        Ok(answer)
    }

    fn enqueue(&self, job: Box<dyn Job>) -> Result<(), StoreError> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = queue.as_ref().ok_or_else(|| StoreError::unavailable("the store is closed"))?;
        sender.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::unavailable("too many writes wait"),
            TrySendError::Disconnected(_) => StoreError::unavailable("the store is closed"),
        })
    }
}

fn write_all(mut connection: SqliteConnection, jobs: &Receiver<Box<dyn Job>>, commits: &AtomicU64) {
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        batch.extend(jobs.try_iter().take(BATCH - 1));
        batch::commit(&mut connection, batch, commits);
    }
    if let Err(error) = connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::warn!(%error, "the write-ahead log was not emptied");
    }
}
