use std::{pin::pin, sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// For how long a batch keeps its turn: longer than a statement takes that waits for nobody.
const LONGEST: Duration = Duration::from_millis(10);

/// How many batches are under way at once, whatever their steps.
///
/// A database with a few cores does no more by being asked for more at once, and what waits goes together.
#[derive(Clone)]
pub(crate) struct Turns(Arc<Semaphore>);

/// The leave to send a batch.
pub(crate) struct Turn {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Turns {
    /// So many at once, for a pool of so many connections: one statement is done while the next one is on its way.
    pub(crate) fn of_pool(connections: usize) -> Self {
        Self(Arc::new(Semaphore::new((connections / 8).clamp(2, 64))))
    }

    /// Waits until a batch may be sent.
    pub(crate) async fn take(&self) -> Turn {
        // It fails where the semaphore is closed, which nobody does.
        Turn { _permit: Arc::clone(&self.0).acquire_owned().await.ok() }
    }
}

impl Turn {
    /// Runs a batch in its turn, which others get once it takes long: it waits for a row that is locked, or for the disk.
    pub(crate) async fn during<T>(self, batch: impl Future<Output = T>) -> T {
        let mut batch = pin!(batch);
        match timeout(LONGEST, &mut batch).await {
            Ok(done) => done,
            Err(_elapsed) => {
                drop(self);
                batch.await
            }
        }
    }
}
