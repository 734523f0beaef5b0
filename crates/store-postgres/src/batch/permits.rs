use std::{pin::pin, sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// For how long a batch counts as running: about as long as a statement takes that waits for nothing.
const RUNNING: Duration = Duration::from_millis(2);

/// How many batches may be under way at once, whatever their steps.
///
/// A database with a few cores does no more by being asked for more at once, and what waits goes together.
#[derive(Clone)]
pub(crate) struct Permits {
    /// For those that run, an eighth of the pool: one is done while the next one is on its way.
    running: Arc<Semaphore>,
    /// For those that wait for a row that is locked, for the disk, or for a distant database, too.
    under_way: Arc<Semaphore>,
}

/// The permit to send a batch.
pub(crate) struct Permit {
    running: Option<OwnedSemaphorePermit>,
    _under_way: Option<OwnedSemaphorePermit>,
}

impl Permits {
    /// Those of a pool of so many connections, of which two are left to other steps.
    pub(crate) fn of_pool(connections: usize) -> Self {
        let permits = |count| Arc::new(Semaphore::new(count));
        let under_way = connections.saturating_sub(2).clamp(1, Semaphore::MAX_PERMITS);
        Self { running: permits((connections / 8).max(2).min(under_way)), under_way: permits(under_way) }
    }

    /// Waits until a batch may be sent.
    pub(crate) async fn acquire(&self) -> Permit {
        // It fails where a semaphore is closed, which nobody does.
        let under_way = Arc::clone(&self.under_way).acquire_owned().await.ok();
        Permit { running: Arc::clone(&self.running).acquire_owned().await.ok(), _under_way: under_way }
    }
}

impl Permit {
    /// Runs a batch; once it takes long, another one may run beside it.
    pub(crate) async fn during<T>(mut self, batch: impl Future<Output = T>) -> T {
        let mut batch = pin!(batch);
        match timeout(RUNNING, &mut batch).await {
            Ok(done) => done,
            Err(_elapsed) => {
                drop(self.running.take());
                batch.await
            }
        }
    }
}
